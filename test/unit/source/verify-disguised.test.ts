import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openVerifier } from '../../../agent/source/verify.ts';
import { Agent, Origin, temporaryFolder } from '../../support/git-fixture.ts';
import { commitBy, Keys, type Signing } from '../../support/signing.ts';

// What a signature claims to be is read here, and judged by Git: the two must not be made to read different headers.

const keys = new Keys();
const [ada, bob, eve] = [keys.openpgp('ada'), keys.ssh('bob'), keys.ssh('eve')];

/** The head anew, with `header` among its headers, and signed by `signing` as Git signs: over all but the signature. */
function signedAnew(origin: Origin, header: string, signing: Signing): string {
  const key = signing.options.find((one) => one.startsWith('user.signingkey='))?.slice(16) ?? '';
  const body = execFileSync('git', ['cat-file', 'commit', 'HEAD'], { cwd: origin.path, encoding: 'latin1' });
  const payload = body.replace('\n\n', `\n${header}\n\n`);
  const sign = ['-q', '-Y', 'sign', '-n', 'git', '-f', key];
  const armor = execFileSync('ssh-keygen', sign, { input: payload, encoding: 'utf8', stdio: 'pipe' });
  const signed = payload.replace('\n\n', `\ngpgsig ${armor.trim().replaceAll('\n', '\n ')}\n\n`);
  const hash = ['hash-object', '-t', 'commit', '-w', '--stdin'];
  const sha = execFileSync('git', hash, { cwd: origin.path, input: signed, encoding: 'utf8' }).trim();
  origin.git('reset', '--quiet', '--hard', sha);
  return sha;
}

it.each([
  ['behind a carriage return', 'x-note a\rgpgsig -----BEGIN PGP SIGNATURE-----'],
  ['in a second line of a header', 'x-note a\n gpgsig -----BEGIN PGP SIGNATURE-----'],
  ['for the other kind of Git repository', 'gpgsig-sha256 -----BEGIN PGP SIGNATURE-----'],
])('a commit of an SSH key that nobody knows is refused, though it claims OpenPGP %s', async (_, header) => {
  const origin = new Origin();
  const agent = new Agent();
  const folder = temporaryFolder();
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o644 });
    return join(folder, name);
  };
  const openpgpKeys = file('ada.asc', ada.exported());
  const accepted = commitBy(origin, 'A', null);
  commitBy(origin, 'B', null);
  signedAnew(origin, header, eve);
  await agent.git.fetch(origin.remote, 60_000);
  const head = await agent.git.fetched(origin.remote);
  for (const allowedSigners of [null, file('allowed_signers', `bob@home ${bob.publicKey}\n`)]) {
    const signers = { allowedSigners, revocationFile: null, openpgpKeys };
    const verify = { mode: 'head', pin: null, signers } as const;
    const verifier = openVerifier({ git: agent.git, verify, nowMs: () => 0 });
    expect(await verifier.refusal(head!, accepted)).toContain(`the SSH key ${eve.key}`);
  }
});
