import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  type Stats,
} from 'node:fs';
import { isAbsolute, normalize } from 'node:path';
import { codeOf, FileProblem, fileProblem } from './file-problem.ts';

/** Where a host's absolute paths begin: `/`, or the folder an image is unpacked in. */
export type Root = {
  readonly path: string;
  /**
   * Whether symbolic links on the way to a file may belong to anybody. On a running host they may not: whoever owns
   * the link decides where root writes. In an image nothing runs, and no link leads out of it.
   */
  readonly links: 'ours' | 'anybody';
};

export type Found =
  { readonly descriptor: number } | { readonly missing: string; readonly dangling: boolean };

/** A name inside an open directory: `openat` by way of /proc, because Node has no `*at` calls. */
export const inside = (descriptor: number, name: string): string => `/proc/self/fd/${descriptor}/${name}`;

/** Absolute and in its shortest form, so that one file has one name in plans, logs and the journal. */
export function assertPath(path: string): void {
  if (isAbsolute(path) && !path.includes('\0') && normalize(path) === path && !/.\/$/.test(path)) return;
  throw new FileProblem(
    path,
    `${JSON.stringify(path)} is not an absolute path in its shortest form. Write it like /etc/example.conf.`,
  );
}

type Part = { readonly name: string; readonly asked: string | null };

/**
 * Opens a directory, following links as the kernel does but never above `root`; the caller closes the descriptor.
 * Each component is opened inside the one before it, so nobody can swap a folder for a link between check and use.
 * With `makeMode` missing folders are made, and each one's parent fsynced; without it the topmost missing one is named.
 */
export function openDirectory(root: Root, directory: string, makeMode: number | null = null): Found {
  assertPath(directory);
  const open = [openOne(root.path, root.path)];
  let rest = partsOf(directory);
  let linksLeft = 40; // as many as the kernel follows (path_resolution(7))
  try {
    for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
      if (part.name === '..') {
        if (open.length > 1) closeSync(open.pop()!);
        continue;
      }
      const next = enter(root, open.at(-1)!, part, directory, makeMode);
      if (typeof next === 'number') open.push(next);
      else if ('missing' in next) return next;
      else {
        if (linksLeft-- === 0)
          throw new FileProblem(directory, `Too many symbolic links lead to ${directory}.`);
        if (isAbsolute(next.link)) for (const each of open.splice(1)) closeSync(each);
        rest = [...namesOf(next.link).map((name) => ({ name, asked: null })), ...rest];
      }
    }
    return { descriptor: open.pop()! };
  } finally {
    for (const each of open) closeSync(each);
  }
}

/** Like `openDirectory` with folders made; where a link dangles nothing is made behind it. */
export function openOrMakeDirectory(root: Root, directory: string, makeMode: number): number {
  const found = openDirectory(root, directory, makeMode);
  if ('descriptor' in found) return found.descriptor;
  throw new FileProblem(
    directory,
    `A symbolic link on the way to ${directory} points at something that does not exist. Make that folder, or remove the link.`,
  );
}

const namesOf = (path: string): string[] => path.split('/').filter((name) => name !== '' && name !== '.');

function partsOf(directory: string): Part[] {
  const names = namesOf(directory);
  return names.map((name, i) => ({ name, asked: `/${names.slice(0, i + 1).join('/')}` }));
}

function openOne(path: string, shown: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    throw fileProblem('open', shown, error);
  }
}

function enter(
  root: Root,
  parent: number,
  part: Part,
  directory: string,
  makeMode: number | null,
): number | { readonly link: string } | { readonly missing: string; readonly dangling: boolean } {
  const shown = part.asked ?? directory;
  const path = inside(parent, part.name);
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOTDIR' || code === 'ELOOP') return { link: readLink(root, parent, path, shown) };
    if (code !== 'ENOENT') throw fileProblem('open', shown, error);
    if (part.asked === null) return { missing: shown, dangling: true };
    if (makeMode === null) return { missing: shown, dangling: false };
    return makeFolder(parent, path, shown, makeMode);
  }
}

function readLink(root: Root, parent: number, path: string, shown: string): string {
  const entry = lstatSync(path);
  if (!entry.isSymbolicLink()) {
    throw new FileProblem(shown, `${shown} is a file, so nothing can be inside it. Move it out of the way.`);
  }
  if (root.links === 'ours' && entry.uid !== 0 && entry.uid !== process.geteuid?.()) {
    throw new FileProblem(
      shown,
      `${shown} is a symbolic link that user ${entry.uid} made, and following it would let that user choose what is written. Replace it with a folder, or make the link as root.`,
    );
  }
  if (root.links === 'ours' && isAnybodys(fstatSync(parent))) {
    throw new FileProblem(
      shown,
      `${shown} is a symbolic link in a folder that others can write to: any of them could put another link in its place, and choose what is written. Replace it with a folder, or take that permission away.`,
    );
  }
  return readlinkSync(path);
}

/** Whether others can move or replace what root has put into a folder; where it is sticky they cannot (inode(7)). */
const isAnybodys = ({ uid, mode }: Stats): boolean =>
  (uid !== 0 && uid !== process.geteuid?.()) || ((mode & 0o022) !== 0 && (mode & 0o1000) === 0);

function makeFolder(parent: number, path: string, shown: string, mode: number): number {
  try {
    mkdirSync(path, { mode: 0o700 });
    const made = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    // Not left to the umask, nor to a setgid parent: the same folder on every host.
    fchownSync(made, process.geteuid!(), process.getegid!());
    fchmodSync(made, mode);
    fsyncSync(parent);
    return made;
  } catch (error) {
    throw fileProblem('make the folder', shown, error);
  }
}
