import { simpleGit } from 'simple-git';
import { LARGEST_FILE } from './tree.ts';
import { TreeProblem, type Tree } from '../desired/tree.ts';

/** The commits that a directory's files came from; for somebody's own checkout, which is only read. */
export type Earlier = {
  /** The last commit, and the one before it on its branch; `null`: there is none, or it was not cloned. */
  readonly head: Tree;
  readonly parent: Tree | null;
  /** When the last commit was made. */
  readonly headMs: number;
};

const LIMIT_MS = 5_000;

/** `null`: no checkout of Git, or one that Git will not read for this user: then there is nothing to compare with. */
export async function openEarlier(directory: string): Promise<Earlier | null> {
  const git = simpleGit({
    baseDir: directory,
    timeout: { block: LIMIT_MS },
    completion: { onClose: true, onExit: false },
  }).env({
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: process.env['HOME'] ?? '/',
    LC_ALL: 'C.UTF-8',
  });
  try {
    const prefix = (await git.raw(['rev-parse', '--show-prefix'])).trim();
    const [date = '', parents = ''] = (await git.raw(['log', '-1', '--format=%ct%n%P'])).split('\n');
    const [first] = parents.split(' ').filter((one) => one !== '');
    const parent = first !== undefined && (await isThere(git, first)) ? treeOf(git, first, prefix) : null;
    return { head: treeOf(git, 'HEAD', prefix), parent, headMs: Number(date) * 1_000 };
  } catch {
    return null;
  }
}

type Git = ReturnType<typeof simpleGit>;

/** A shallow clone names a parent that it does not have. */
const isThere = (git: Git, commit: string): Promise<boolean> =>
  git.raw(['cat-file', '-e', `${commit}^{commit}`]).then(
    () => true,
    () => false,
  );

function treeOf(git: Git, commit: string, prefix: string): Tree {
  return {
    read: async (path) => {
      const text = await git.raw(['cat-file', 'blob', `${commit}:${prefix}${path}`]).catch(() => null);
      if (text === null) return null;
      const bytes = new TextEncoder().encode(text);
      if (bytes.byteLength > LARGEST_FILE) throw new TreeProblem(`${path} is too large.`);
      return bytes;
    },
    list: async (directory) => {
      const folder = directory === '.' ? '' : directory;
      const names = await git
        .raw(['ls-tree', '--name-only', '-z', `${commit}:${prefix}${folder}`])
        .catch(() => '');
      return names.split('\0').filter((name) => name !== '');
    },
  };
}
