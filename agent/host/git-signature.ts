import { createHash } from 'node:crypto';
import { headerIn, headerPart } from './commit-headers.ts';
import { printable } from './git-objects.ts';

/** What a commit's signature says of itself, and what Git says of it, read. Pure. */

export type Kind = 'ssh' | 'openpgp' | 'other';

/** Before anything is verified: only what it claims. */
export type Claim = {
  readonly kind: Kind;
  /** `SHA256:…` as ssh-keygen prints it, or an OpenPGP fingerprint; `null`: it does not say. */
  readonly key: string | null;
};

/** The header `gpgsig` of a commit object; its further lines begin with a blank (gitformat-signature(5)). `null`: not signed. */
export function claimIn(body: Buffer): Claim | null {
  const armor = headerIn(headerPart(body.toString('latin1')), 'gpgsig');
  if (armor === null) return null;
  if (armor.startsWith('-----BEGIN SSH SIGNATURE-----'))
    return { kind: 'ssh', key: sshKey(unarmored(armor)) };
  if (/^-----BEGIN PGP (?:SIGNATURE|MESSAGE)-----/.test(armor))
    return { kind: 'openpgp', key: openpgpKey(unarmored(armor)) };
  return { kind: 'other', key: null };
}

/** A signature has a few KiB; what is longer is Git's to judge, and no key is named. */
const LONGEST_ARMOR = 64 * 1024;

/** Between the lines of dashes, after OpenPGP's headers and before its checksum. */
function unarmored(armor: string): Buffer {
  const lines = armor
    .slice(0, LONGEST_ARMOR)
    .split('\n')
    .map((line) => line.trim());
  return Buffer.from(lines.filter((line) => /^[A-Za-z0-9+/]+=*$/.test(line)).join(''), 'base64');
}

/** PROTOCOL.sshsig of OpenSSH: "SSHSIG", a version, the public key with its length before it. */
function sshKey(blob: Buffer): string | null {
  if (blob.toString('latin1', 0, 6) !== 'SSHSIG' || blob.length < 14) return null;
  const key = blob.subarray(14, 14 + blob.readUInt32BE(10));
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** RFC 9580, 5.2.3.35: the subpacket "issuer fingerprint", 22 bytes, of type 33, for a key of version 4. */
function openpgpKey(blob: Buffer): string | null {
  const at = blob.indexOf(Buffer.from([22, 33, 4]));
  return at === -1 || at + 23 > blob.length ? null : blob.toString('hex', at + 3, at + 23).toUpperCase();
}

/** git-log(1): `%G?` and its neighbours. A trust level is not asked for: Git ends itself where there is none. */
export const JUDGEMENT_FORMAT = '%H%x00%G?%x00%GF%x00%GS%x00%GG';

export type Judgement = {
  readonly sha: string;
  readonly letter: string;
  readonly key: string | null;
  /** A principal of the allowed signers, or a user id of the key. */
  readonly signer: string | null;
  /** What ssh-keygen or gpg printed. */
  readonly said: string;
};

/** `git log -z` with that format. */
export function judgementsIn(output: string): readonly Judgement[] {
  const fields = output.split('\0');
  const found: Judgement[] = [];
  for (let at = 0; at + 5 <= fields.length; at += 5) {
    const [sha = '', letter = '', key = '', signer = '', said = ''] = fields.slice(at, at + 5);
    if (!/^[0-9a-f]{40,64}$/.test(sha))
      throw new Error(`"git log" printed what is no commit: ${printable(sha)}`);
    found.push({ sha, letter, key: orNull(key), signer: orNull(printable(signer)), said });
  }
  return found;
}

const orNull = (text: string): string | null => (text === '' ? null : text);

export type Verdict =
  | 'good'
  /** Nothing signs it. */
  | 'unsigned'
  | 'unknown key'
  /** The key, or the signature itself, was not valid at its time; `said` of an SSH key says which. */
  | 'expired'
  | 'revoked'
  /** A key that may sign other things than commits. */
  | 'not for commits'
  /** The key has signed something else than this. */
  | 'bad'
  /** The tool could not say. */
  | 'unclear';

/**
 * git-log(1): G good, U good and of unknown validity, B bad, X expired, Y by an expired key, R by a revoked one, E
 * cannot be checked, N none. Of an SSH key U says that nobody may sign with it. Of an OpenPGP key it says that no web
 * of trust vouches for it, which nobody asks about: it is in the keyring that was made for this, and gpg 2.4 says
 * nothing more of it there, where gpg 2.2 says G. What the signature claims to be is not enough for that: the key must
 * be one that gpg found.
 */
export function verdictOf(kind: Kind, { letter, key, said }: Judgement): Verdict {
  if (letter === 'G' || (letter === 'U' && kind === 'openpgp' && OPENPGP_KEY.test(key ?? ''))) return 'good';
  if (letter === 'X' || letter === 'Y') return 'expired';
  if (letter === 'R') return 'revoked';
  return kind === 'ssh' ? sshVerdict(letter, said) : otherVerdict(letter, said);
}

/** Of an SSH key Git prints `SHA256:…`. */
const OPENPGP_KEY = /^(?:[0-9A-F]{40}|[0-9A-F]{64})$/;

/** Git does not tell apart all that a person wants to know. What the tool says decides about nothing but words. */
function sshVerdict(letter: string, said: string): Verdict {
  if (TIME.test(said)) return 'expired';
  if (/not permitted for use in signature namespace/.test(said)) return 'not for commits';
  if (letter === 'U') return 'unknown key';
  return letter === 'B' ? 'bad' : 'unclear';
}

function otherVerdict(letter: string, said: string): Verdict {
  if (letter === 'E' && /No public key/.test(said)) return 'unknown key';
  return letter === 'B' ? 'bad' : 'unclear';
}

const TIME = /:(\d+): (key (?:has expired|is not yet valid): .*)/;

/** What ssh-keygen says of the line of the allowed signers that is out of its time; `null`: nothing. */
export function outOfTime(said: string): { readonly line: number; readonly why: string } | null {
  const [, line, why] = TIME.exec(said) ?? [];
  return line === undefined || why === undefined ? null : { line: Number(line), why: printable(why) };
}
