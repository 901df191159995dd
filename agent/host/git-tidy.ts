import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clearLeftovers } from './git-leftovers.ts';
import { GitFailed, type GitRunner } from './git-run.ts';

/** Every fetch that brings something leaves one pack. */
const MOST_PACKS = 50;
const A_DAY_MS = 24 * 60 * 60 * 1000;
const LIMIT_MS = 10 * 60 * 1000;

export type Tidying = {
  readonly run: GitRunner;
  readonly source: string;
  /** The ref to keep; those of earlier addresses and branches go. */
  readonly ref: string;
  readonly nowMs: number;
};

/**
 * Puts many packs into one and drops what a rewritten history left behind; memory and threads are bounded by the
 * configuration. At most one attempt a day, whether it went well or not. Its failure is a sentence, never thrown.
 */
export async function repackWhenDue(tidying: Tidying): Promise<string | null> {
  const { source, nowMs } = tidying;
  const stamp = join(source, 'repacked-at');
  try {
    const packs = await readdir(join(source, 'repository.git', 'objects', 'pack'));
    if (packs.filter((name) => name.endsWith('.pack')).length <= MOST_PACKS) return null;
    const sinceMs = nowMs - Number(await readFile(stamp, 'utf8').catch(() => 'never'));
    // A negative time is a clock that was put back: do it.
    if (sinceMs >= 0 && sinceMs < A_DAY_MS) return null;
    await writeFile(stamp, `${nowMs}\n`, { mode: 0o600 });
    await repack(tidying);
    return null;
  } catch (problem) {
    const why = problem instanceof GitFailed ? problem.message : String(problem);
    return `The copy of the state repository in ${source} could not be repacked; Holdfast goes on without and tries again in a day. ${why}`;
  }
}

async function repack({ run, source, ref }: Tidying): Promise<void> {
  await clearLeftovers(join(source, 'repository.git'));
  const call = { timeoutMs: LIMIT_MS };
  const refs = await run.text(['for-each-ref', '--format=%(refname)'], call);
  for (const other of refs.split('\n').filter((name) => name !== '' && name !== ref)) {
    await run.text(['update-ref', '-d', other], call);
  }
  await run.text(['repack', '-a', '-d', '-q'], call);
}
