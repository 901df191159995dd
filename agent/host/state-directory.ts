import { closeSync, fstatSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { appendDurably } from './append-durably.ts';
import { codeOf, FileProblem, fileProblem } from './file-problem.ts';
import type { StateDirectory } from './host.ts';
import { isTemporaryName } from './leftovers.ts';
import { openOrMakeDirectory } from './open-directory.ts';
import type { Root } from './open-directory.ts';
import { readRegularFile, type NotRegular } from './read-file.ts';
import { removeFile } from './remove-file.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

const ROOT: Root = { path: '/', links: 'ours' };

/** The state directory at `path`. Nothing is made before the first write, so that reading commands leave no trace. */
export function openStateDirectory(path: string): StateDirectory {
  const named = (name: string): string => join(path, checked(name));
  return {
    path,
    read: async (name) => {
      const file = readRegularFile(named(name), named(name), notRegular);
      if (file === null) assertNoFile(path);
      return file?.bytes ?? null;
    },
    replace: async (name, bytes) => {
      const file = named(name);
      makePrivate(path);
      const content = typeof bytes === 'string' ? Buffer.from(bytes, 'utf8') : bytes;
      const ours = { uid: process.geteuid!(), gid: process.getegid!() };
      await writeFileAtomic(ROOT, file, { bytes: content, mode: 0o600, ...ours }, 0o700);
    },
    append: async (name, bytes, at) => {
      const file = named(name);
      makePrivate(path);
      await appendDurably(ROOT, file, bytes, at);
    },
    remove: async (name) => removeFile(ROOT, named(name), null),
    size: async (name) => statSync(named(name), { throwIfNoEntry: false })?.size ?? null,
    list: async (folder) => list(folder === '' || folder === '.' ? path : named(folder)),
  };
}

const notRegular: NotRegular = (shown, what) =>
  `${shown} is ${what}, and Holdfast keeps a file of its own there. Move it out of the way.`;

/** What would be inside a file is not absent: a host whose state cannot be kept is not one that has none yet. */
function assertNoFile(path: string): void {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? true) return;
  } catch (error) {
    if (codeOf(error) !== 'ENOTDIR') throw fileProblem('look at', path, error);
  }
  throw new FileProblem(
    path,
    `${path} should be a directory, in which Holdfast keeps its state, and it or a part of the way to it is something else. See what it is, then move it out of the way.`,
  );
}

/** `journal`, or `generations/12.json`: never out of the directory, and never a name that a temporary file could have. */
function checked(name: string): string {
  if (/^[^/.][^/\0]*(\/[^/.][^/\0]*)?$/.test(name)) return name;
  throw new FileProblem(name, `${JSON.stringify(name)} is not a name in the state directory.`);
}

/** It holds before-states and secrets: others must not be able to read it, nor to have made it. */
function makePrivate(path: string): void {
  // What leads there is an ordinary part of the system; only the last folder is ours.
  closeSync(openOrMakeDirectory(ROOT, dirname(path), 0o755));
  const folder = openOrMakeDirectory(ROOT, path, 0o700);
  try {
    const { uid, mode } = fstatSync(folder);
    if (uid === process.geteuid!() && (mode & 0o077) === 0) return;
    throw new FileProblem(
      path,
      `${path} belongs to user ${uid} with mode ${(mode & 0o7777).toString(8)}, and must be readable by root only. See what others put there, then chown root:root and chmod 0700 it.`,
    );
  } finally {
    closeSync(folder);
  }
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !isTemporaryName(name))
      .toSorted();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw fileProblem('list', folder, error);
  }
}
