import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { acceptCommand, type AcceptOptions } from '../../../agent/commands/accept.ts';
import { openGit } from '../../../agent/host/git.ts';
import { readLedger } from '../../../agent/transaction/ledger.ts';
import { Origin } from '../../support/git-fixture.ts';
import { commitBy, Keys, type Signing } from '../../support/signing.ts';
import { Image } from './image.ts';

const keys = new Keys();
const [ada, eve] = [keys.ssh('ada'), keys.ssh('eve')];

/** A host that has accepted nothing yet, and a repository whose one commit this one has signed. */
function fresh(signing: Signing | null, verify = true) {
  const image = new Image();
  const origin = new Origin();
  const sha = commitBy(origin, 'A', signing);
  const allowed = join(image.root, 'allowed_signers');
  image.write('allowed_signers', `ada@home ${ada.publicKey}\n`);
  image.write(
    'etc/holdfast/agent.yaml',
    `repository: { url: ${origin.path} }\n${verify ? `verify: { allowedSigners: ${allowed} }\n` : ''}`,
  );
  Object.assign(image.environment.machine, { openGit: async (state: string) => openGit(state) });
  const accept = (options: AcceptOptions = {}) =>
    acceptCommand('main', { ...image.options, ...options }, image.environment);
  const ledger = () => readLedger(image.state);
  return { image, accept, ledger, sha, allowed };
}

describe('"holdfast accept" where signatures are asked for', () => {
  test('takes a commit that somebody signed who may, and notes who accepted it', async () => {
    const { image, accept, ledger, sha } = fresh(ada);
    expect(await accept()).toBe(0);
    expect(image.answer()).toBe(
      `Commit ${sha.slice(0, 12)} "A" by Ada Lovelace is accepted: it and what follows it is applied from the next cycle on.\n`,
    );
    const commit = { sha, author: 'Ada Lovelace', subject: 'A' };
    const acceptedByHand = { commit, by: 'ada', atMs: image.nowMs, unsigned: null };
    expect(await ledger()).toMatchObject({ accepted: sha, acceptedByHand });
  });

  test('refuses one that is not, and says how to answer for it', async () => {
    const { accept, ledger, sha, allowed } = fresh(eve);
    await expect(accept()).rejects.toMatchObject({
      exitCode: 3,
      message: `Commit ${sha.slice(0, 12)} "A" by Ada Lovelace is not accepted: it is signed with the SSH key ${eve.key}, which is not in ${allowed}. Have it signed and pushed again; or, if you have read what it changes and answer for it: sudo holdfast accept ${sha} --unsigned`,
    });
    expect(await ledger()).toMatchObject({ accepted: null, acceptedByHand: null });
  });

  test('with --unsigned takes it, and the journal is to name who did', async () => {
    const { image, accept, ledger, sha } = fresh(null);
    expect(await accept({ unsigned: true })).toBe(0);
    const unsigned = 'it is not signed, and agent.yaml asks for a signature (verify).';
    expect(image.answer()).toContain(`The journal will name you for it, because ${unsigned}`);
    expect(await ledger()).toMatchObject({ accepted: sha, acceptedByHand: { by: 'ada', unsigned } });
  });

  test('asks for no signature where agent.yaml does not', async () => {
    const { accept, ledger, sha } = fresh(null, false);
    expect(await accept()).toBe(0);
    expect(await ledger()).toMatchObject({ accepted: sha, acceptedByHand: { unsigned: null } });
  });
});
