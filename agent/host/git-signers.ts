import { existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, fileProblem, FileProblem } from './file-problem.ts';
import { whatOthersMay } from './others-may.ts';
import { readRegularFile, type NotRegular } from './read-file.ts';

/** Who may sign: files of this host, which agent.yaml names. Nothing of the repository is asked. */
export type Signers = {
  /** ssh-keygen(1), ALLOWED SIGNERS. */
  readonly allowedSigners: string | null;
  /** SSH keys that are no longer good, whatever the other file says: a list of public keys, or a KRL. */
  readonly revocationFile: string | null;
  /** A file of exported OpenPGP public keys, or a folder of such files. */
  readonly openpgpKeys: string | null;
};

/** They cannot be used, so that nothing can be verified; the message is a sentence. */
export class SignersUnusable extends Error {
  override readonly name = 'SignersUnusable';
}

/** The bytes of such a file; throws `SignersUnusable` for what is not there, or what others can write. */
export function readSigners(path: string): Uint8Array {
  refuseOthers(path);
  const file = asUnusable(() => readRegularFile(path, path, notRegular));
  if (file !== null) return file.bytes;
  throw new SignersUnusable(
    `${path}, which agent.yaml names under verify, does not exist, so no signature can be checked. Put it there.`,
  );
}

/** The files behind `openpgpKeys`. */
export function keyFiles(path: string): readonly string[] {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path];
  refuseOthers(path);
  const names = asUnusable(() => readdirSync(path)).filter((name) => !name.startsWith('.'));
  if (names.length === 0)
    throw new SignersUnusable(
      `${path}, which agent.yaml names under verify, holds no keys, so no OpenPGP signature can be checked. Put what "gpg --export --armor NAME" prints there.`,
    );
  return names.toSorted().map((name) => join(path, name));
}

/** Changes whenever one of the files does. */
export function signersStamp({ allowedSigners, revocationFile, openpgpKeys }: Signers): string {
  const paths = [allowedSigners, revocationFile, openpgpKeys].filter((path) => path !== null);
  const inside = openpgpKeys !== null && isFolder(openpgpKeys) ? readdirSync(openpgpKeys) : [];
  return [...paths, ...inside.map((name) => join(openpgpKeys ?? '', name))].map(stampOf).join();
}

const isFolder = (path: string): boolean =>
  existsSync(path) && (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);

function stampOf(path: string): string {
  const found = lstatSync(path, { throwIfNoEntry: false, bigint: true });
  return found === undefined
    ? `${path} absent`
    : [path, found.ino, found.size, found.mtimeNs, found.mode, found.uid].join(' ');
}

/** Whoever can change who may sign could as well push unsigned. */
function refuseOthers(path: string): void {
  const othersMay = asUnusable(() => whatOthersMay(path, 'public'));
  if (othersMay !== null) throw new SignersUnusable(othersMay);
}

const notRegular: NotRegular = (shown, what) =>
  `${shown} is ${what}, and who may sign is read from a regular file only. Put the file itself there, or name another one under verify in agent.yaml.`;

function asUnusable<T>(act: () => T): T {
  try {
    return act();
  } catch (problem) {
    if (problem instanceof FileProblem || codeOf(problem) !== null)
      throw new SignersUnusable(fileProblem('read', 'the files under verify', problem).message);
    throw problem;
  }
}
