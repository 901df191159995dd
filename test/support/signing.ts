import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Origin } from './git-fixture.ts';

/** Real keys, made by ssh-keygen and gpg, and commits signed with them by Git. */

/** What `git commit` needs beside to sign. */
export type Signing = { readonly options: readonly string[]; readonly key: string };

/** A folder for the keys of one test file. */
export class Keys {
  readonly folder = mkdtempSync(join(tmpdir(), 'hf-keys-'));
  readonly #agents: string[] = [];

  constructor() {
    afterAll(() => {
      for (const home of this.#agents) run('gpgconf', '--homedir', home, '--kill', 'all');
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  ssh(name: string): Signing & { readonly publicKey: string } {
    const path = join(this.folder, name);
    run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', `${name}@home`, '-f', path);
    return {
      options: ['-c', 'gpg.format=ssh', '-c', `user.signingkey=${path}`],
      key: run('ssh-keygen', '-lf', path).split(' ')[1] ?? '',
      publicKey: readFileSync(`${path}.pub`, 'utf8').split(' ').slice(0, 2).join(' '),
    };
  }

  /** `at`, as in `20250101T000000`: a key of that day, which signs as on that day and lives until the next. */
  openpgp(name: string, at: string | null = null): Signing & { exported(): string; revoke(): void } {
    const home = join(this.folder, `gnupg-${name}`);
    mkdirSync(home, { mode: 0o700 });
    this.#agents.push(home);
    const gpg = (...args: readonly string[]) => run('gpg', '--homedir', home, '--batch', '--quiet', ...args);
    const then = at === null ? [] : ['--faked-system-time', at];
    const identity = `${name} <${name}@home>`;
    const expires = at === null ? 'never' : '1d';
    gpg(...then, '--passphrase', '', '--quick-generate-key', identity, 'ed25519', 'sign', expires);
    const key = /^fpr:+([0-9A-F]{40}):/m.exec(gpg('--list-keys', '--with-colons'))?.[1] ?? '';
    const program = join(home, 'gpg.sh');
    writeFileSync(program, `#!/bin/sh\nexec gpg --homedir '${home}' ${then.join(' ')} "$@"\n`);
    chmodSync(program, 0o755);
    return {
      key,
      options: ['-c', `gpg.program=${program}`, '-c', `user.signingkey=${key}`],
      exported: () => gpg('--export', '--armor'),
      revoke() {
        const certificate = join(home, 'openpgp-revocs.d', `${key}.rev`);
        // gpg puts a colon before the armour, so that nobody imports it by accident.
        writeFileSync(certificate, readFileSync(certificate, 'utf8').replace(/^:-----/m, '-----'));
        gpg('--import', certificate);
      },
    };
  }
}

function run(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** `null`: nobody signs it. Gives the commit's name. */
export function commitBy(origin: Origin, subject: string, signing: Signing | null, files = {}): string {
  origin.write(files);
  origin.git('add', '--all');
  const sign = signing === null ? ['--no-gpg-sign'] : ['--gpg-sign'];
  origin.git(...(signing?.options ?? []), 'commit', '--quiet', '--allow-empty', ...sign, '-m', subject);
  return origin.git('rev-parse', 'HEAD');
}

/** A merge of `branch`, signed; gives its name. */
export function mergeBy(origin: Origin, branch: string, signing: Signing): string {
  const sign = [...signing.options, 'merge', '--quiet', '--no-ff', '--gpg-sign'];
  origin.git(...sign, '-m', `Merge ${branch}`, branch);
  return origin.git('rev-parse', 'HEAD');
}

/** The head is replaced by one that says something else under the same signature. */
export function forged(origin: Origin, from: string, to: string): string {
  const body = execFileSync('git', ['cat-file', 'commit', 'HEAD'], { cwd: origin.path, encoding: 'utf8' });
  const sha = execFileSync('git', ['hash-object', '-t', 'commit', '-w', '--stdin'], {
    cwd: origin.path,
    input: body.replace(from, to),
    encoding: 'utf8',
  }).trim();
  origin.git('reset', '--quiet', '--hard', sha);
  return sha;
}

/** From now on every commit of this clone is signed so; `null`: none is. */
export function signWith(git: (...args: string[]) => string, signing: Signing | null): void {
  for (const setting of ['gpg.format', 'gpg.program', 'user.signingkey'])
    git('config', '--replace-all', setting, settingsOf(signing).get(setting) ?? DEFAULTS[setting] ?? '');
  git('config', 'commit.gpgsign', String(signing !== null));
}

const DEFAULTS: Readonly<Record<string, string>> = { 'gpg.format': 'openpgp', 'gpg.program': 'gpg' };

const settingsOf = (signing: Signing | null): ReadonlyMap<string, string> =>
  new Map(
    (signing?.options ?? []).flatMap((option) => {
      const [, name, value] = /^([a-z.]+)=(.*)$/.exec(option) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );
