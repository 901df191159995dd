import { closeSync, constants, fstatSync, fsync, ftruncateSync, openSync, write } from 'node:fs';
import { basename, dirname } from 'node:path';
import { promisify } from 'node:util';
import { FileProblem, fileProblem } from './file-problem.ts';
import { inside, openOrMakeDirectory } from './open-directory.ts';
import type { Root } from './open-directory.ts';

const onDisk = { fsync: promisify(fsync), write: promisify(write) };

/**
 * Puts `bytes` after the first `at` bytes of the file at `path` (0600), and cuts off what was behind them. When this
 * returns, they survive a power cut. The folder is synced when the file is new, for its name is in there.
 */
export async function appendDurably(root: Root, path: string, bytes: Uint8Array, at: number): Promise<void> {
  const folder = openOrMakeDirectory(root, dirname(path), 0o700);
  try {
    const { O_WRONLY, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
    const create = at === 0 ? O_CREAT : 0;
    const file = openSync(inside(folder, basename(path)), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | create, 0o600);
    try {
      await writeAt(file, path, bytes, at);
    } finally {
      closeSync(file);
    }
    if (at === 0) await onDisk.fsync(folder);
  } catch (error) {
    throw fileProblem('write', path, error);
  } finally {
    closeSync(folder);
  }
}

async function writeAt(file: number, path: string, bytes: Uint8Array, at: number): Promise<void> {
  const { size } = fstatSync(file);
  if (size < at)
    throw new FileProblem(
      path,
      `${path} has ${size} bytes where ${at} had been written: something else changed it.`,
    );
  if (size > at) ftruncateSync(file, at);
  for (let done = 0; done < bytes.byteLength;) {
    const { bytesWritten } = await onDisk.write(file, bytes, done, bytes.byteLength - done, at + done);
    done += bytesWritten;
  }
  await onDisk.fsync(file);
}
