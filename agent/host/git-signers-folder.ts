import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandFailed } from './command-failed.ts';
import { runCommand } from './run-command.ts';
import { keyFiles, readSigners, SignersUnusable, type Signers } from './git-signers.ts';

/** Environments for a Git that verifies. */
export type Verifying = {
  readonly environment: Readonly<Record<string, string>>;
  /** The same as if nothing had been revoked; `null`: nothing can be. */
  readonly unrevoked: Readonly<Record<string, string>> | null;
};

/**
 * Lays out what Git is to verify with, in a folder that is root's alone, and removes it again. The files that
 * agent.yaml names are read once, here: what was judged (who can write it) is what ssh-keygen and gpg then read.
 * The settings are of the kind "global" (git-config(1)), and nothing else is: no other ones are read.
 */
export async function withSigners<T>(
  source: string,
  signers: Signers,
  needs: { readonly openpgp: boolean },
  act: (verifying: Verifying) => Promise<T>,
): Promise<T> {
  const folder = join(source, 'signers');
  await rm(folder, { recursive: true, force: true });
  try {
    await mkdir(folder, { mode: 0o700 });
    await layOutSsh(folder, signers);
    if (needs.openpgp && signers.openpgpKeys !== null) await layOutKeyring(folder, signers.openpgpKeys);
    return await act(await environments(folder, signers));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Without a file of allowed signers Git takes the question for a mistake; nobody is in an empty one. */
async function layOutSsh(folder: string, { allowedSigners, revocationFile }: Signers): Promise<void> {
  const allowed = allowedSigners === null ? '' : readSigners(allowedSigners);
  await lay(join(folder, 'allowed_signers'), allowed);
  if (revocationFile !== null) await lay(join(folder, 'revoked'), readSigners(revocationFile));
}

/**
 * gpg(1). Whoever is in this keyring may sign: there is no web of trust. The clock of a Pi may be wrong until it has
 * reached a time server, and must not make a good key unknown.
 */
const GPG_CONF = `batch
no-tty
no-autostart
no-greeting
no-auto-key-retrieve
no-auto-key-locate
trust-model always
ignore-time-conflict
`;

const IMPORT_MS = 60_000;

async function layOutKeyring(folder: string, keys: string): Promise<void> {
  const home = join(folder, 'gnupg');
  await mkdir(home, { mode: 0o700 });
  await lay(join(home, 'gpg.conf'), GPG_CONF);
  // An empty one: the keyring is a file, and no daemon keeps it.
  await lay(join(home, 'common.conf'), '');
  for (const [at, path] of keyFiles(keys).entries()) {
    const copy = join(folder, `keys-${at}`);
    await lay(copy, readSigners(path));
    await imported(home, copy, path);
  }
}

async function imported(home: string, copy: string, path: string): Promise<void> {
  try {
    await runCommand(['gpg', '--homedir', home, '--import', copy], { timeoutMs: IMPORT_MS });
  } catch (problem) {
    if (!(problem instanceof CommandFailed)) throw problem;
    throw new SignersUnusable(
      problem.why === 'not found'
        ? 'gpg is not installed on this host, so no OpenPGP signature can be checked. Run "apt-get install gpg".'
        : `${path} could not be read as OpenPGP keys. Write what "gpg --export --armor NAME" prints there. ${problem.message}`,
    );
  }
}

async function environments(folder: string, signers: Signers): Promise<Verifying> {
  const withConfig = async (name: string, revoked: string | null) => {
    await lay(join(folder, name), gitConfig(folder, signers, revoked));
    const home = join(folder, 'gnupg');
    return { GIT_CONFIG_GLOBAL: join(folder, name), GNUPGHOME: home, TMPDIR: folder };
  };
  const { revocationFile } = signers;
  return {
    environment: await withConfig('gitconfig', revocationFile && join(folder, 'revoked')),
    unrevoked: revocationFile === null ? null : await withConfig('gitconfig-unrevoked', null),
  };
}

/** `false` fails for every signature: X.509 is not offered, and what agent.yaml does not ask for is not verified. */
const gitConfig = (
  folder: string,
  { allowedSigners, openpgpKeys }: Signers,
  revoked: string | null,
): string =>
  [
    '[gpg]',
    `\tprogram = ${openpgpKeys === null ? 'false' : 'gpg'}`,
    '[gpg "x509"]',
    '\tprogram = false',
    '[gpg "ssh"]',
    `\tprogram = ${allowedSigners === null ? 'false' : 'ssh-keygen'}`,
    `\tallowedSignersFile = "${join(folder, 'allowed_signers')}"`,
    ...(revoked === null ? [] : [`\trevocationFile = "${revoked}"`]),
    '',
  ].join('\n');

const lay = (path: string, content: string | Uint8Array): Promise<void> =>
  writeFile(path, content, { mode: 0o600, flag: 'wx' });
