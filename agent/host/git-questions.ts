import {
  batchObjects,
  commitOf,
  treeEntries,
  type BatchObject,
  type Commit,
  type Entry,
} from './git-objects.ts';
import { GitFailed, type GitRunner } from './git-run.ts';

/** What is asked of the objects on our own disk. A Pi's card can be slow. */
const LOCAL_MS = 60_000;

export async function commitNamed(run: GitRunner, name: string): Promise<Commit | 'missing' | 'ambiguous'> {
  const [found] = await objects(run, [`${name}^{commit}`]);
  if (found === undefined || typeof found === 'string') return found ?? 'missing';
  return commitOf(found.sha, found.body);
}

/** These commits and their objects' own bytes, in the order asked. */
export async function commitBodies(
  run: GitRunner,
  shas: readonly string[],
): Promise<readonly { readonly commit: Commit; readonly body: Buffer }[]> {
  const found = await objects(run, shas);
  return shas.map((sha, at) => {
    const object = found[at];
    if (object === undefined || typeof object === 'string' || object.type !== 'commit') throw lost(sha);
    return { commit: commitOf(sha, object.body), body: object.body };
  });
}

/** git-rev-list(1): what `head` has and `base` has not, by every parent; the newest first, at most `most`. */
export async function commitsSince(
  run: GitRunner,
  base: string,
  head: string,
  most: number,
): Promise<readonly string[]> {
  const args = ['rev-list', `--max-count=${most}`, head, `^${base}`];
  return (await run.text(args, { timeoutMs: LOCAL_MS })).split('\n').filter((line) => line !== '');
}

/** `merge-base --is-ancestor` answers with its exit code: 0 yes, 1 no. */
export async function isAncestor(run: GitRunner, ancestor: string, descendant: string): Promise<boolean> {
  try {
    await run.text(['merge-base', '--is-ancestor', ancestor, descendant], { timeoutMs: LOCAL_MS });
    return true;
  } catch (problem) {
    if (problem instanceof GitFailed && problem.exitCode === 1) return false;
    throw problem;
  }
}

/** `null`: the commit has no such folder. */
export async function folderEntries(
  run: GitRunner,
  commit: string,
  path: string,
): Promise<readonly Entry[] | null> {
  const [root, folder] = await objects(run, [`${commit}^{tree}`, `${commit}:${path === '.' ? '' : path}`]);
  if (root === undefined || typeof root === 'string') throw lost(commit);
  if (folder === undefined || typeof folder === 'string' || folder.type !== 'tree') return null;
  return treeEntries(await run.text(['ls-tree', '-r', '-z', '-l', folder.sha], { timeoutMs: LOCAL_MS }));
}

export async function blobBodies(run: GitRunner, shas: readonly string[]): Promise<readonly Buffer[]> {
  if (shas.length === 0) return [];
  const found = await objects(run, shas);
  return shas.map((sha, at) => {
    const object = found[at];
    if (object === undefined || typeof object === 'string') throw lost(sha);
    return object.body;
  });
}

const lost = (sha: string): GitFailed =>
  new GitFailed('cat-file', null, `object ${sha} is missing from our copy of the repository`, null);

async function objects(run: GitRunner, names: readonly string[]): Promise<readonly BatchObject[]> {
  const input = `${names.join('\n')}\n`;
  return batchObjects(await run.bytes(['cat-file', '--batch'], { timeoutMs: LOCAL_MS, input }));
}

/**
 * Whether objects are missing or unreadable, or a ref points nowhere. Bit 1 of git-fsck(1)'s exit code also stands
 * for old commits that are merely untidy, so by itself it is no damage.
 */
export async function isDamaged(run: GitRunner): Promise<boolean> {
  try {
    await run.text(['fsck', '--no-dangling', '--no-progress', '--no-reflogs'], { timeoutMs: LOCAL_MS });
    return false;
  } catch (problem) {
    if (!(problem instanceof GitFailed)) throw problem;
    return problem.timedOutAfterMs === null && problem.exitCode !== null && problem.exitCode !== 1;
  }
}
