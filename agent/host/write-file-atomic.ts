import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsync,
  openSync,
  renameSync,
  unlinkSync,
  writeFile,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { promisify } from 'node:util';
import { fileProblem } from './file-problem.ts';
import { sweepLeftovers, temporaryName } from './leftovers.ts';
import { inside, openOrMakeDirectory } from './open-directory.ts';
import type { Root } from './open-directory.ts';
import { lookAt, readRegularFile } from './read-file.ts';
import type { RawFile } from './read-file.ts';

// INVARIANTS
// 1. At `path` there is, at every moment and after a power cut, the old file whole or the new one whole.
// 2. When this returns, the new one survives a power cut. When it throws, nothing else of ours is left in the folder,
//    and unless it was the last fsync that failed, the old one is there.
// 3. The new bytes are never readable by more than the new mode allows: 0600 until the owner is right.
// 4. A link is neither followed nor replaced; links on the way only as `openDirectory` allows.

/** Disks of Pis take seconds for these; everything else here is a matter of microseconds. */
const onDisk = { fsync: promisify(fsync), writeFile: promisify(writeFile) };

/** Brings `path` to these bytes, mode and owner. Missing folders are made with `folderMode`. */
export async function writeFileAtomic(
  root: Root,
  path: string,
  file: RawFile,
  folderMode = 0o755,
): Promise<void> {
  const name = basename(path);
  const folder = openOrMakeDirectory(root, dirname(path), folderMode);
  try {
    sweepLeftovers(inside(folder, '.'));
    // A link or a folder at `path` throws here: rename would silently destroy the link somebody made on purpose.
    const there = lookAt(inside(folder, name), path);
    if (there?.size === file.bytes.length && holds(inside(folder, name), file.bytes)) {
      await adjust(inside(folder, name), file);
    } else {
      await replace(folder, name, file);
    }
    await onDisk.fsync(folder);
  } catch (error) {
    throw fileProblem('write', path, error);
  } finally {
    closeSync(folder);
  }
}

const holds = (path: string, bytes: Uint8Array): boolean =>
  Buffer.compare(readRegularFile(path)?.bytes ?? new Uint8Array(), bytes) === 0;

async function replace(folder: number, name: string, file: RawFile): Promise<void> {
  const temporary = inside(folder, temporaryName());
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const descriptor = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    try {
      await onDisk.writeFile(descriptor, file.bytes);
      // chown clears setuid and setgid (chown(2)), so it comes before chmod.
      fchownSync(descriptor, file.uid, file.gid);
      fchmodSync(descriptor, file.mode);
      await onDisk.fsync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, inside(folder, name));
  } catch (error) {
    discard(temporary);
    throw error;
  }
}

function discard(temporary: string): void {
  try {
    unlinkSync(temporary);
  } catch {
    // What made the write fail is what is reported; `sweepLeftovers` takes it away next time.
  }
}

/** The bytes are right: only owner and mode move, so that nobody watching the file sees a new one. */
async function adjust(path: string, file: RawFile): Promise<void> {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const now = fstatSync(descriptor);
    if (now.uid !== file.uid || now.gid !== file.gid) {
      // Narrowed first: the new group must not have for a moment what only the old one was granted.
      fchmodSync(descriptor, now.mode & file.mode & 0o7777);
      fchownSync(descriptor, file.uid, file.gid);
    }
    fchmodSync(descriptor, file.mode);
    await onDisk.fsync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
