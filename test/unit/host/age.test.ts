import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { age } from '../../../agent/host/age.ts';
import { openUnlock, readIdentities, writeIdentities } from '../../../agent/host/identity-file.ts';
import { freshFolder } from './fresh-folder.ts';

const SECRET = 'hunter2-geheim\n';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (opened: Awaited<ReturnType<typeof age.open>>): string =>
  'bytes' in opened ? new TextDecoder().decode(opened.bytes) : opened.problem;

/** Debian's own programs. */
const debian = (argv: readonly [string, ...string[]], input?: string | Uint8Array) => {
  const [program, ...rest] = argv;
  const ran = spawnSync(program, rest, { input });
  if (ran.status !== 0) throw new Error(`${argv.join(' ')}: ${ran.stderr?.toString() ?? String(ran.error)}`);
  return ran.stdout;
};

let identity: string;
let key: string;
beforeAll(async () => {
  identity = await age.newIdentity();
  key = await age.publicHalf(identity);
});

describe("Debian's age and this one", () => {
  it('understand what the other encrypted, in armor and as bytes', async () => {
    const file = join(freshFolder(), 'key');
    await writeIdentities(file, identity, key, []);
    const ours = await age.seal(bytes(SECRET), [key]);
    expect(ours).toMatch(/^-----BEGIN AGE ENCRYPTED FILE-----\n/);
    expect(debian(['age', '--decrypt', '--identity', file], ours).toString()).toBe(SECRET);
    for (const armored of [['--armor'], []])
      expect(
        text(await age.open(debian(['age', '--encrypt', '-r', key, ...armored], SECRET), [identity])),
      ).toBe(SECRET);
  });

  it('read and write the same keys', async () => {
    const file = join(freshFolder(), 'key');
    debian(['age-keygen', '-o', file]);
    const [made] = readIdentities(file) ?? [];
    expect(await age.publicHalf(made!)).toBe(debian(['age-keygen', '-y', file]).toString().trim());
    await writeIdentities(`${file}2`, identity, key, []);
    expect(
      debian(['age-keygen', '-y', `${file}2`])
        .toString()
        .trim(),
    ).toBe(key);
  });
});

describe('a file that cannot be opened', () => {
  const sealed = async (): Promise<string> => age.seal(bytes(SECRET), [key]);

  it.each([
    [
      'for somebody else',
      async () => bytes(await age.seal(bytes(SECRET), [await stranger()])),
      /^is not encrypted to the key of this host/,
    ],
    ['in clear text', async () => bytes(SECRET), /^is not an age file/],
    ['that is empty', async () => bytes(''), /^is not an age file/],
    ['cut off', async () => debian(['age', '-r', key], SECRET).subarray(0, -3), /^is damaged/],
    ['cut off in armor', async () => bytes((await sealed()).slice(0, -40)), /^is damaged/],
    [
      'of which a letter was changed',
      async () => swapped(debian(['age', '-r', key], SECRET), -5),
      /^is damaged/,
    ],
    [
      'whose header was changed',
      async () => swapped(debian(['age', '-r', key], SECRET), 90),
      /^is (damaged|not encrypted)/,
    ],
  ] as const)('%s says so, and nothing of what is in it', async (_, made, said) => {
    const why = text(await age.open(await made(), [identity]));
    expect(why).toMatch(said);
    expect(why).toContain('holdfast secret');
    expect(why).not.toContain('hunter2');
  });

  it('to more people than a Pi looks through in time is refused before it is begun', async () => {
    const many = `${'-> X25519 '.padEnd(53, 'a')}\n${'b'.repeat(43)}\n`.repeat(10_000);
    expect(text(await age.open(bytes(`age-encryption.org/v1\n${many}--- x\n`), [identity]))).toMatch(
      /^is encrypted to more people than Holdfast looks through/,
    );
    const family = await Promise.all(Array.from({ length: 50 }, stranger));
    expect(text(await age.open(bytes(await age.seal(bytes(SECRET), [...family, key])), [identity]))).toBe(
      SECRET,
    );
  });

  it('with a passphrase is refused before any work is done for it', async () => {
    // As `age --passphrase` writes it: 2^30 rounds of scrypt would take hours.
    const header = 'age-encryption.org/v1\n-> scrypt bBjlhJVYZeE4aqUdmtRHfw 30\nZV1Y\n--- x\n';
    expect(text(await age.open(bytes(header), [identity]))).toMatch(
      /^is encrypted with a passphrase, which no host has/,
    );
  });

  const stranger = async (): Promise<string> => age.publicHalf(await age.newIdentity());
  const swapped = (file: Buffer, at: number): Uint8Array => {
    const changed = Uint8Array.from(file);
    changed[changed.length * Number(at < 0) + at]! ^= 1;
    return changed;
  };
});

describe("the host's private key", () => {
  it('is readable by nobody else from its first byte on, and older ones stay behind it', async () => {
    const file = join(freshFolder(), 'holdfast/age.key');
    await writeIdentities(file, identity, key, []);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const newer = await age.newIdentity();
    await writeIdentities(file, newer, await age.publicHalf(newer), readIdentities(file)!);
    expect(readIdentities(file)).toEqual([newer, identity]);
    const old = await age.seal(bytes(SECRET), [key]);
    expect(text(await openUnlock(file)(bytes(old)))).toBe(SECRET);
  });

  const SSH = '-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n';
  it.each([
    [
      'that is not there',
      null,
      0,
      /this host has no key \(.*does not exist\).*sudo holdfast secret identity/,
    ],
    ['that others can read', 'own', 0o640, /others than its owner can read or change it.*chmod 0600/],
    ['that is empty', '# nothing\n', 0o600, /holds no key/],
    ['of SSH', SSH, 0o600, /an SSH key, and Holdfast opens secrets with keys of age only/],
    [
      'that is encrypted',
      '-----BEGIN AGE ENCRYPTED FILE-----\nhunter2\n',
      0o600,
      /nobody is there to type a passphrase/,
    ],
    ['that is none', 'hunter2\n', 0o600, /is not what "age-keygen" or "holdfast secret identity" wrote/],
  ] as const)('%s opens nothing, and why is said without quoting it', async (_, content, mode, said) => {
    const file = join(freshFolder(), 'key');
    if (content !== null) writeFileSync(file, content === 'own' ? `${identity}\n` : content);
    if (content !== null) chmodSync(file, mode);
    const why = text(await openUnlock(file)(bytes(await age.seal(bytes(SECRET), [key]))));
    expect(why).toMatch(said);
    expect(why).not.toMatch(/hunter2|AGE-SECRET/);
  });

  it('is not read through a link', async () => {
    const folder = freshFolder();
    await writeIdentities(join(folder, 'real'), identity, key, []);
    symlinkSync('real', join(folder, 'key'));
    expect(() => readIdentities(join(folder, 'key'))).toThrow(
      /is a symbolic link, and Holdfast reads its private key from a regular file only/,
    );
    expect(readFileSync(join(folder, 'real'), 'utf8')).toContain(identity);
  });
});
