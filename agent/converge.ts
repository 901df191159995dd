import type { Bench, Clock, Host, Identity, StateDirectory } from './host/host.ts';
import type { NotNow, Plan, Step } from './plan/change.ts';
import { choose, type Choice } from './plan/choose.ts';
import type { Guard } from './plan/preflight.ts';
import type { Log } from './report/log.ts';
import { report } from './report/report.ts';
import type { LastChange, Status } from './report/status.ts';
import type { Id, Kinds } from './resources/kind.ts';
import { acceptHistory } from './source/accept-history.ts';
import type { Found, Source } from './source/source.ts';
import { BlobLost, type BlobStore } from './transaction/blobs.ts';
import { change } from './transaction/change.ts';
import { asCandidate, blobRefsIn } from './transaction/generations.ts';
import { recover, type Recovered } from './transaction/recover.ts';

/** Everything that a cycle works with: made once, by the command that was called; tests make their own. */
export type Tools = {
  readonly release: string;
  readonly kinds: Kinds;
  readonly host: Host;
  readonly bench: Bench;
  readonly guards: readonly Guard[];
  readonly state: StateDirectory;
  /** On a file system that is gone at the next boot: what is written every cycle must not wear an SD card out. */
  readonly runtime: StateDirectory;
  readonly blobs: BlobStore;
  readonly source: Source;
  readonly renderedFor: () => string;
  /** Asked anew each time: addresses come and go. */
  readonly identity: () => Identity;
  readonly clock: Clock;
  readonly log: Log;
  /** Says a step when it begins: what takes long is seen while it takes long. */
  readonly announce: (step: Step) => void;
};

export type Mode = 'apply' | 'dry run';

export type Cycle = { readonly status: Status; readonly choice: Choice };

/**
 * One cycle: this host is brought to what the repository says, or it is said why not. The bytes that the plan speaks
 * of stay in `tools.blobs` for whoever shows it; a caller that goes on forgets them.
 */
export async function converge(tools: Tools, mode: Mode = 'apply'): Promise<Cycle> {
  const before = await recover(tools);
  const found = await tools.source.newest({ accepted: before.ledger.accepted, committed: before.committed });
  const accepted = mode === 'apply' ? await acceptHistory(found, before, tools.state) : before;
  const choice = await consider(found, accepted, tools);
  // The next issue's baseline health is sampled here, and its gate ends what `carryOut` begins.
  const end =
    mode === 'apply' ? await carryOut(choice, found, accepted, tools) : { ...accepted, choice, done: [] };
  const status = await report({ found, mode, ...end }, tools);
  return { status, choice: end.choice };
}

/** The newest commit, or, where something speaks against it, the generation in force. */
async function consider(
  found: Found,
  { ledger, committed }: Recovered,
  tools: Tools,
  held: ReadonlyMap<Id, string> = new Map(),
): Promise<Choice> {
  if (found.newest !== null && typeof found.newest === 'object' && 'noDesiredState' in found.newest)
    return { plan: null, refused: null };
  const newest = found.newest === 'committed' ? null : found.newest;
  if (newest !== null && 'blobs' in newest) tools.blobs.adopt(newest.blobs);
  const known = {
    inventory: ledger.inventory,
    due: ledger.due,
    committed: committed === null ? null : asCandidate(committed),
  };
  const { kinds, bench, guards } = tools;
  return choose({ newest, known, kinds, bench, guards, held, recall: (plan) => recall(plan, tools.blobs) });
}

async function recall({ changes }: Plan, blobs: BlobStore): Promise<readonly NotNow[]> {
  const lost: NotNow[] = [];
  for (const { id, from, to } of changes)
    try {
      await blobs.recall(blobRefsIn([from, to]));
    } catch (cause) {
      if (!(cause instanceof BlobLost)) throw cause;
      lost.push({ id, why: cause.message });
    }
  return lost;
}

type End = Recovered & { readonly choice: Choice; readonly done: readonly LastChange[] };

/** Packages are a plan of their own: what needs them is planned again when they are there. */
async function carryOut(choice: Choice, found: Found, at: Recovered, tools: Tools): Promise<End> {
  if (choice.plan === null) return { ...at, choice, done: [] };
  const { ledger, done } = await change(choice.plan, found.head, at, tools);
  const after = { ...at, ledger };
  if (done === null || !choice.plan.packagesFirst)
    return { ...after, choice, done: done === null ? [] : [done] };
  const next =
    done.failure === null
      ? await consider(found, after, tools)
      : await withoutPackages(choice, done.failure, found, after, tools);
  const rest = await carryOut(next, found, after, tools);
  return { ...rest, done: [done, ...rest.done] };
}

/** A mirror that is down must not keep drift from being put right: the rest of what is in force goes on. */
async function withoutPackages(
  { plan, refused }: Choice,
  failure: string,
  found: Found,
  at: Recovered,
  tools: Tools,
): Promise<Choice> {
  const held = new Map((plan?.changes ?? []).map(({ id }) => [id, failure] as const));
  return { ...(await consider({ ...found, newest: 'committed' }, at, tools, held)), refused };
}
