import { lstatSync } from 'node:fs';
import type { Opened } from './age.ts';
import { FileProblem } from './file-problem.ts';
import { readRegularFile, type NotRegular } from './read-file.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

/** The private keys in a file, the newest first; `null`: there is no such file. Throws a sentence when it is unusable. */
export function readIdentities(path: string): readonly string[] | null {
  const file = readRegularFile(path, path, notRegular);
  if (file === null) return null;
  const { uid, mode } = lstatSync(path);
  if ((uid !== 0 && uid !== process.geteuid!()) || (mode & 0o077) !== 0)
    throw new FileProblem(
      path,
      `${path} holds a private key, and others than its owner can read or change it. Take that away with "chmod 0600 ${path}" and "chown root ${path}"; if somebody may have read it, make a new key: holdfast secret identity --new.`,
    );
  const lines = Buffer.from(file.bytes)
    .toString('utf8')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const odd = lines.find((line) => !/^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}$/.test(line));
  if (odd !== undefined || lines.length === 0) throw new FileProblem(path, notKeys(path, odd));
  return lines;
}

const notRegular: NotRegular = (shown, what) =>
  `${shown} is ${what}, and Holdfast reads its private key from a regular file only. Put the file itself there.`;

/** No sentence quotes what stands in the file. */
function notKeys(path: string, odd: string | undefined): string {
  if (odd === undefined)
    return `${path} holds no key. Remove it, and make one: sudo holdfast secret identity.`;
  const what = odd.includes('OPENSSH PRIVATE KEY')
    ? 'an SSH key, and Holdfast opens secrets with keys of age only'
    : odd.includes('BEGIN AGE ENCRYPTED FILE')
      ? 'encrypted itself, and nobody is there to type a passphrase'
      : 'not what "age-keygen" or "holdfast secret identity" wrote';
  return `${path} is ${what}. Put it elsewhere, and make a key: sudo holdfast secret identity.`;
}

/** 0600 from the beginning. `older` follow: what was encrypted to them can still be opened. */
export async function writeIdentities(
  path: string,
  identity: string,
  publicHalf: string,
  older: readonly string[],
): Promise<void> {
  const text = [
    `# Who reads this file can open the secrets of this host. Its public half:`,
    `# ${publicHalf}`,
    identity,
    ...(older.length === 0 ? [] : ['# Older ones. Remove them when all secrets were rotated.', ...older]),
  ].join('\n');
  const ours = { uid: process.geteuid!(), gid: process.getegid!() };
  await writeFileAtomic({ path: '/', links: 'ours' }, path, {
    bytes: Buffer.from(`${text}\n`),
    mode: 0o600,
    ...ours,
  });
}

/** Changes whenever the file does; `null`: it is not there. */
export function identityStamp(path: string): string | null {
  const entry = lstatSync(path, { throwIfNoEntry: false, bigint: true });
  return entry === undefined ? null : [entry.ino, entry.size, entry.mtimeNs, entry.ctimeNs].join();
}

/** Opens secrets with the keys in `path`, which is read, and age loaded, when there is one to open. */
export function openUnlock(path: string): (file: Uint8Array) => Promise<Opened> {
  return async (file) => {
    try {
      const identities = readIdentities(path);
      if (identities === null)
        return {
          problem: `cannot be opened: this host has no key (${path} does not exist). Make one and add its public half to the recipients: sudo holdfast secret identity.`,
        };
      const { age } = await import('./age.ts');
      return await age.open(file, identities);
    } catch (error) {
      if (!(error instanceof FileProblem)) throw error;
      return { problem: `cannot be opened: ${error.message}` };
    }
  };
}
