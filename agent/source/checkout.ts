import type { Tree } from '../desired/tree.ts';
import { TreeProblem } from '../desired/tree.ts';
import { openCheckoutFolders, type CheckoutFolders, type Laid } from '../host/git-checkouts.ts';
import { GitFailed, type Entry, type GitRepository, type Remote } from '../host/git.ts';
import { LARGEST_FILE, openTree } from '../host/tree.ts';

export type CheckedOut = { readonly tree: Tree; readonly directory: string };

export interface Checkouts {
  /**
   * The files of a commit, exactly as committed: no line ending is changed, no filter, hook or submodule of the
   * repository is used. Throws `TreeProblem` when the commit cannot be laid out, `GitFailed` when Git cannot say.
   */
  checkout(commit: string): Promise<CheckedOut>;
  /** Removes all other checkouts and bounds the repository. A sentence when that failed; it is no reason to stop. */
  prune(keep: readonly string[], nowMs: number): Promise<string | null>;
}

export type AskedToCheckOut = {
  /** Holdfast's own, the one that `git` is in. */
  readonly stateDirectory: string;
  readonly repository: Remote & { readonly path: string };
  readonly git: GitRepository;
  /** See `git-checkouts.ts`. */
  readonly bootId: string;
};

export function openCheckouts({ stateDirectory, repository, git, bootId }: AskedToCheckOut): Checkouts {
  const folders = openCheckoutFolders(stateDirectory, bootId);
  return {
    async checkout(commit) {
      const path = within(repository.path);
      const there = await folders.find(commit, path);
      const directory = there ?? (await made(git, folders, commit, path));
      return { tree: openTree(directory), directory };
    },
    async prune(keep, nowMs) {
      try {
        await folders.prune(keep);
        return await git.tidy(repository, nowMs);
      } catch (problem) {
        return `Old checkouts could not be removed: ${String(problem)}`;
      }
    },
  };
}

/** `./clusters/home/` is `clusters/home`. */
function within(path: string): string {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  if (path.startsWith('/') || names.includes('..') || /[\n\0]/.test(path))
    throw new TreeProblem(
      `repository.path is "${path}". Write a folder inside the repository, as in clusters/home, or leave it out.`,
    );
  return names.length === 0 ? '.' : names.join('/');
}

async function made(
  git: GitRepository,
  folders: CheckoutFolders,
  commit: string,
  path: string,
): Promise<string> {
  try {
    const entries = await git.entries(commit, path);
    if (entries === null)
      throw new TreeProblem(
        `Commit ${commit} has no folder ${path}, which repository.path names. Commit it, or change repository.path.`,
      );
    refuseTooMuch(commit, entries);
    return await folders.make(commit, path, laidOut(git, entries));
  } catch (problem) {
    // A copy that has lost objects is thrown away here, so that the next cycle fetches it anew.
    if (problem instanceof GitFailed) await git.mend();
    throw problem;
  }
}

const MOST_FILES = 50_000;
/** A file may bring as many as its path is deep, and each takes an inode of the card. */
const MOST_FOLDERS = 50_000;
const MOST_BYTES = 256 * 1024 * 1024;

/** A card that is filled up, or has no inodes left, takes the host with it. */
function refuseTooMuch(commit: string, entries: readonly Entry[]): void {
  const bytes = entries.reduce((sum, { size }) => sum + (size > LARGEST_FILE ? 0 : size), 0);
  if (entries.length > MOST_FILES || bytes > MOST_BYTES)
    throw new TreeProblem(
      `Commit ${commit} has ${entries.length} files of ${Math.ceil(bytes / 1024 / 1024)} MiB together; Holdfast lays out at most ${MOST_FILES} of ${MOST_BYTES / 1024 / 1024} MiB. ${KEEP_APART}`,
    );
  const folders = foldersOf(entries);
  if (folders > MOST_FOLDERS)
    throw new TreeProblem(
      `Commit ${commit} has ${folders} folders; Holdfast lays out at most ${MOST_FOLDERS}. ${KEEP_APART}`,
    );
}

const KEEP_APART = 'Keep the state in a folder of its own and name it in repository.path.';

/** Git lists a folder's files one after the other: what a path does not share with the one before it is new. */
function foldersOf(entries: readonly Entry[]): number {
  let folders = 0;
  let before = '';
  for (const { path } of entries) {
    let shared = 0;
    for (let at = 0; at < path.length && path[at] === before[at]; at++) if (path[at] === '/') shared = at + 1;
    for (let at = path.indexOf('/', shared); at !== -1; at = path.indexOf('/', at + 1)) folders++;
    before = path;
  }
  return folders;
}

const BATCH_FILES = 1_000;
const BATCH_BYTES = 4 * 1024 * 1024;

/** Everything to lay out, a few MiB at a time: the daemon's memory is bounded whatever was committed. */
async function* laidOut(git: GitRepository, entries: readonly Entry[]): AsyncGenerator<readonly Laid[]> {
  const small = entries.filter(({ type, size }) => type !== 'other' && size <= LARGEST_FILE);
  // Larger ones are refused when they are read, by their size; nobody needs their bytes.
  yield entries.flatMap(({ type, size, path }) =>
    type === 'file' && size > LARGEST_FILE ? [{ path, type: 'too large', size } as const] : [],
  );
  for (let at = 0; at < small.length;) {
    let end = at + 1;
    for (let bytes = 0; end < small.length && end - at < BATCH_FILES; end++) {
      bytes += small[end]?.size ?? 0;
      if (bytes > BATCH_BYTES) break;
    }
    const batch = small.slice(at, end);
    const bodies = await git.blobs(batch.map(({ sha }) => sha));
    yield batch.map(({ path, type }, i) => ({
      path,
      type: type as 'file' | 'link',
      bytes: bodies[i] ?? Buffer.alloc(0),
    }));
    at = end;
  }
}
