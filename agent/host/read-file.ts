import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { codeOf, FileProblem, fileProblem } from './file-problem.ts';

/** Configuration is small. More than this is somebody's mistake, and would not fit a Pi's heap many times over. */
export const LARGEST_FILE = 16 * 1024 * 1024;

export type RawFile = {
  readonly bytes: Uint8Array;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
};

/** What to say of something at `shown` that is no regular file but `what` ("a directory"): only the caller knows whose it is. */
export type NotRegular = (shown: string, what: string) => string;
const SYMBOLIC_LINK = 'a symbolic link';
const notManageable: NotRegular = (shown, what) =>
  `${shown} is ${what}, and Holdfast manages only regular files. ${
    what === SYMBOLIC_LINK
      ? 'Name the file that it points at, or remove the link.'
      : 'Remove it, or take it out of the desired state.'
  }`;

/**
 * Reads a regular file; `null`: nothing is there. `shown` is the path that sentences name. A link is not followed, and
 * a FIFO or a device is never opened for long enough to block or to act.
 *
 * Synchronous on purpose: it runs for every file every cycle, and a read by way of the thread pool was measured at
 * 220 µs of CPU a file against 25 µs.
 */
export function readRegularFile(
  path: string,
  shown: string = path,
  notRegular: NotRegular = notManageable,
): RawFile | null {
  const entry = lookAt(path, shown, notRegular);
  if (entry === null) return null;
  let descriptor: number;
  try {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;
    descriptor = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw fileProblem('read', shown, error);
  }
  try {
    const opened = fstatSync(descriptor);
    assertRegular(opened, shown, notRegular);
    const bytes = readAll(descriptor, opened.size, shown);
    return { bytes, mode: opened.mode & 0o7777, uid: opened.uid, gid: opened.gid };
  } catch (error) {
    throw fileProblem('read', shown, error);
  } finally {
    closeSync(descriptor);
  }
}

/** What is at `path`, a link not followed; throws unless it is a regular file. `null`: nothing is there. */
export function lookAt(
  path: string,
  shown: string = path,
  notRegular: NotRegular = notManageable,
): Stats | null {
  let entry: Stats | undefined;
  try {
    entry = lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    // ENOTDIR: a file stands where a folder should. Whatever would be inside it is absent.
    if (codeOf(error) === 'ENOTDIR') return null;
    throw fileProblem('look at', shown, error);
  }
  if (entry === undefined) return null;
  assertRegular(entry, shown, notRegular);
  return entry;
}

function assertRegular(entry: Stats, shown: string, notRegular: NotRegular): void {
  if (!entry.isFile()) throw new FileProblem(shown, notRegular(shown, kindOf(entry)));
}

function kindOf(entry: Stats): string {
  if (entry.isSymbolicLink()) return SYMBOLIC_LINK;
  if (entry.isDirectory()) return 'a directory';
  if (entry.isFIFO()) return 'a named pipe';
  if (entry.isSocket()) return 'a socket';
  return 'a device';
}

/** To the end, whatever the size said: files under /proc and /sys claim to be empty or a page long. */
function readAll(descriptor: number, size: number, shown: string): Uint8Array {
  if (size > LARGEST_FILE) throw tooLarge(shown);
  let buffer = Buffer.allocUnsafeSlow(size + 1);
  let length = 0;
  for (;;) {
    const count = readSync(descriptor, buffer, length, buffer.length - length, null);
    if (count === 0) return new Uint8Array(buffer.buffer, 0, length);
    length += count;
    if (length > LARGEST_FILE) throw tooLarge(shown);
    if (length === buffer.length) {
      buffer = Buffer.concat([buffer, Buffer.allocUnsafeSlow(Math.max(4096, length))]);
    }
  }
}

const tooLarge = (shown: string): FileProblem =>
  new FileProblem(shown, `${shown} is larger than 16 MiB, and Holdfast manages only files up to that size.`);
