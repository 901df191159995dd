import type { StateDirectory } from '../host/host.ts';
import type { Log } from './log.ts';
import { readStatus, writeStatus } from './status-file.ts';
import { statusOf, type Describing, type Ended } from './status-of.ts';
import type { Status } from './status.ts';
import { tell } from './tell.ts';

export type Reporting = Describing & {
  readonly state: StateDirectory;
  readonly runtime: StateDirectory;
  readonly log: Log;
};

/** Says what is news and leaves the whole picture in status.json. It never changes how a cycle ended (doco-cd#808). */
export async function report(ended: Ended, tools: Reporting): Promise<Status> {
  const before = await readStatus(tools).catch(() => null);
  const status = await statusOf(ended, before, tools);
  if (ended.mode === 'dry run') return status;
  for (const { level, fields, ...event } of tell(before, status, ended.done))
    tools.log[level]({ ...event, ...fields });
  await writeStatus(status, before, tools).catch((cause: unknown) =>
    tools.log.warn({ event: 'status', sentence: `The status was not written. ${messageOf(cause)}` }),
  );
  return status;
}

/** A cycle that did not come to its end (a damaged ledger, a full disk): said once, and on the record. */
export async function reportFailure(why: string, tools: Reporting): Promise<void> {
  const before = await readStatus(tools).catch(() => null);
  if (before?.outcome !== 'failed' || before.why !== why)
    tools.log.error({
      event: 'failed',
      sentence: `This cycle did not come to its end: ${why}`,
      outcome: 'failed',
    });
  if (before === null) return;
  const status: Status = { ...before, atMs: tools.clock.now(), outcome: 'failed', why };
  await writeStatus(status, before, tools).catch(() => undefined);
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
