import * as z from 'zod';
import { nodeName } from './names.ts';
import { mapOf, matching, strict, wants } from './schema.ts';

/** secrets/recipients.yaml, and secrets/NAME.yaml beside each age file. */

export const RECIPIENTS = 'secrets/recipients.yaml';

/** The key of the hosts of the template, whose private half nobody has. */
export const PLACEHOLDER_KEY = 'age1evukalz63q54f6q8rvyne4stsg00pxd8j4meer4py604nl6pndnsftv8ck';

const KEY_HOW =
  'Write what "holdfast secret identity" prints on that host, or for a person age-keygen: age1….';
/** X25519: bech32 of 32 bytes (https://age-encryption.org/v1). Its checksum is for age to judge. */
const KEY = /^age1[02-9ac-hj-np-z]{58}$/;

/** What is written in a key's place may be a private one: it is never quoted. */
export function keyProblem(key: unknown): string | null {
  if (key === undefined || key === null || key === '') return `has no key. ${KEY_HOW}`;
  const text = typeof key === 'string' ? key : '';
  if (KEY.test(text)) return null;
  if (/^AGE-SECRET-KEY-/i.test(text))
    return 'is a private key, which must be in no repository: whoever has read it here can open all secrets. Make a new one, and write its public half, age1….';
  if (/^(ssh-|ecdsa-|sk-)/.test(text))
    return `is an SSH key, and secrets are encrypted to keys of age only. ${KEY_HOW}`;
  if (/^age1(pq|tag)/.test(text)) return `is a kind of key that Debian's age does not know yet. ${KEY_HOW}`;
  return `is not a public key of age. ${KEY_HOW}`;
}

const key = z
  .unknown()
  .superRefine((value, context) => {
    const message = keyProblem(value);
    if (message !== null) context.addIssue({ code: 'custom', message });
  })
  .transform((value) => value as string);

const ADMIN_HOW = 'Write a name, as in joan.';
export const adminNameProblem = matching(/^[A-Za-z0-9][A-Za-z0-9@._-]{0,62}$/, "a person's name", ADMIN_HOW);
const adminName = z.string().superRefine((name, context) => {
  const message = adminNameProblem(name);
  if (message !== null) context.addIssue({ code: 'custom', message });
});

const HOSTS_HOW = 'Write hosts: { kubernetes-node-1: age1… }.';
export const recipientsFile = strict(
  {
    hosts: mapOf(nodeName, key, HOSTS_HOW)
      .default({})
      .describe('Public keys of age by hostname: what "holdfast secret identity" prints there.'),
    admins: mapOf(adminName, key, 'Write admins: { joan: age1… }.')
      .default({})
      .describe('Public keys of people who may read and rotate every secret.'),
  },
  HOSTS_HOW,
);
export type Recipients = z.output<typeof recipientsFile>;

const RECORD_HOW = 'It is written by holdfast secret: run "holdfast secret rotate".';
export const recordFile = strict(
  {
    set: z.string(wants('a time', RECORD_HOW)),
    sha256: z.string(wants('a digest', RECORD_HOW)),
    for: z.array(nodeName, wants('a list of hosts', RECORD_HOW)).optional(),
    to: z.record(z.string(), z.string(), wants('a map of keys', RECORD_HOW)),
  },
  RECORD_HOW,
);
/**
 * Whom an age file was encrypted to, which it does not say itself. `set`: when its content was last given; `for`: only
 * these hosts (and the admins); `sha256`: of the age file that this is about.
 */
export type SecretRecord = z.output<typeof recordFile>;
