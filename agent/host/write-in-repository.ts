import { join, resolve } from 'node:path';
import { writeFileAtomic } from './write-file-atomic.ts';

/** A file of a state repository that somebody edits here: the caller's own, for all to read, and whole or not at all. */
export async function writeInRepository(directory: string, file: string, text: string): Promise<void> {
  const ours = { uid: process.geteuid!(), gid: process.getegid!() };
  const bytes = Buffer.from(text);
  await writeFileAtomic({ path: '/', links: 'ours' }, join(resolve(directory), file), {
    bytes,
    mode: 0o644,
    ...ours,
  });
}
