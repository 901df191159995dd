import { constants } from 'node:fs';
import { lstat, open, readdir, readlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { TreeProblem, type Tree } from '../desired/tree.ts';

/** What a state repository's file may be at most. */
export const LARGEST_FILE = 1024 * 1024;

/** The files under a directory: a commit's checkout, or the folder of `converge --from DIR`. */
export function openTree(root: string): Tree {
  return {
    async read(path) {
      const file = await locate(root, path);
      return file === null ? null : bytesOf(join(root, file), path);
    },
    async list(directory) {
      const found = await locate(root, directory);
      if (found === null) return [];
      try {
        return (await readdir(join(root, found))).toSorted();
      } catch (problem) {
        if (found === '') throw noTree(root, problem);
        if (code(problem) === 'ENOTDIR') return [];
        throw unreadable(directory, problem);
      }
    },
  };
}

/** Only listing the root can tell a missing root from an empty one: of a missing one every file is absent. */
function noTree(root: string, problem: unknown): TreeProblem {
  const why = NO_TREE[code(problem) ?? ''] ?? `cannot be read (${code(problem) ?? String(problem)})`;
  return new TreeProblem(`${resolve(root)} ${why}. Name the directory that holds cluster.yaml.`);
}
const NO_TREE: { readonly [code: string]: string } = {
  ENOENT: 'does not exist',
  ENOTDIR: 'is not a directory',
};

/** More links than this on one way are a circle; Linux's own limit (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * Where a path of the repository leads, links followed by hand, so that none is ever followed out of `root`, not
 * even for a moment. `null`: nothing is there.
 */
async function locate(root: string, path: string): Promise<string | null> {
  let ahead = components(path);
  let links = 0;
  const passed: string[] = [];
  for (let name = ahead.shift(); name !== undefined; name = ahead.shift()) {
    if (name === '..') {
      // Only links contain it, and what they promise is judged by their text; other links on the way may differ.
      if (passed.pop() === undefined)
        throw new TreeProblem(`${path} cannot be read: links on the way lead outside the state repository.`);
      continue;
    }
    const here = [...passed, name].join('/');
    const there = await nodeAt(join(root, here), path);
    if (there === null) return null;
    if (!there.isSymbolicLink()) {
      passed.push(name);
      continue;
    }
    const target = await readlink(join(root, here));
    refuseLeaving(path, here, target, passed.length);
    if (++links > MOST_LINKS)
      throw new TreeProblem(`${path} cannot be read: the link ${here} goes in a circle.`);
    ahead = [...names(target), ...ahead];
  }
  return passed.join('/');
}

const names = (path: string): string[] => path.split('/').filter((name) => name !== '' && name !== '.');

function components(path: string): string[] {
  const found = names(path);
  if (path.startsWith('/') || path.includes('\0') || found.includes('..'))
    throw new TreeProblem(
      `"${path}" is not a path inside the state repository. Write it from the repository's root, without "..".`,
    );
  return found;
}

/** `depth`: how many folders the link is in. Climbing higher than that leaves, even if it came back. */
function refuseLeaving(path: string, link: string, target: string, depth: number): void {
  let height = depth;
  const leaves = names(target).some((name) => (height += name === '..' ? -1 : 1) < 0);
  if (!leaves && !target.startsWith('/')) return;
  const which =
    link === names(path).join('/') ? `${path} is a link` : `${path} cannot be read: ${link} is a link`;
  throw new TreeProblem(
    `${which} to ${target}, which is outside the state repository. Commit the file itself in its place.`,
  );
}

async function nodeAt(path: string, asked: string) {
  try {
    return await lstat(path);
  } catch (problem) {
    if (code(problem) === 'ENOENT' || code(problem) === 'ENOTDIR') return null;
    throw unreadable(asked, problem);
  }
}

// O_NONBLOCK: opening a pipe that nobody writes to must not hang the agent.
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

async function bytesOf(file: string, path: string): Promise<Uint8Array> {
  const status = await lstat(file);
  if (!status.isFile())
    throw new TreeProblem(
      `${path} is ${status.isDirectory() ? 'a directory' : 'not a regular file'}. Commit a file in its place.`,
    );
  const handle = await open(file, READ).catch((problem: unknown) => {
    throw unreadable(path, problem);
  });
  try {
    const { size } = await handle.stat();
    if (size > LARGEST_FILE)
      throw new TreeProblem(
        `${path} has ${size} bytes; a file of a state repository has at most 1 MiB. Let a package or a unit bring it.`,
      );
    const bytes = await handle.readFile();
    refuseLfsPointer(path, bytes);
    return bytes;
  } finally {
    await handle.close();
  }
}

/** Git LFS stores a note in place of the file, and it must not end up on a host in place of the file. */
function refuseLfsPointer(path: string, bytes: Buffer): void {
  if (bytes.length < 1024 && bytes.toString('latin1').startsWith('version https://git-lfs.github.com/spec/'))
    throw new TreeProblem(
      `${path} is kept in Git LFS, which Holdfast does not fetch. Commit the file itself.`,
    );
}

const code = (problem: unknown): string | undefined => (problem as NodeJS.ErrnoException).code;
const unreadable = (path: string, problem: unknown): TreeProblem =>
  new TreeProblem(`${path} cannot be read (${code(problem) ?? String(problem)}).`);
