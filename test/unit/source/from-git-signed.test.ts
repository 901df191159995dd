import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckouts } from '../../../agent/source/checkout.ts';
import { sourceFromGit } from '../../../agent/source/from-git.ts';
import { Agent, Origin } from '../../support/git-fixture.ts';
import { commitBy, Keys, type Signing } from '../../support/signing.ts';

const keys = new Keys();
const [ada, eve] = [keys.ssh('ada'), keys.ssh('eve')];

/** A source of a host that asks for ada's signature, and what it did. */
function followed(first: Signing | null) {
  const origin = new Origin();
  const agent = new Agent();
  const a = commitBy(origin, 'A', first);
  const allowed = join(agent.state, 'allowed_signers');
  writeFileSync(allowed, `ada@home ${ada.publicKey}\n`);
  const did: string[] = [];
  const git: typeof agent.git = {
    ...agent.git,
    signatures: (...args) => {
      did.push('verified');
      return agent.git.signatures(...args);
    },
    entries: (...args) => {
      did.push('read');
      return agent.git.entries(...args);
    },
  };
  const repository = origin.remote;
  const source = sourceFromGit({
    repository,
    git,
    checkouts: openCheckouts({ stateDirectory: agent.state, repository, git, bootId: 'this boot' }),
    render: async (_, from) => {
      did.push('rendered');
      return { from, noDesiredState: 'this host is not in it' };
    },
    renderedFor: () => 'this host',
    addresses: () => [],
    key: () => null,
    checkAddress: false,
    marker: { read: async () => null, replace: async () => {}, remove: async () => {} },
    nowMs: () => 1_000_000,
    verify: {
      mode: 'head',
      pin: null,
      signers: { allowedSigners: allowed, revocationFile: null, openpgpKeys: null },
    },
  });
  /** One cycle's question, and what was done for it. */
  const newest = async (accepted: string | null) => {
    did.length = 0;
    const found = await source.newest({ accepted, committed: null });
    return { found, did: [...did] };
  };
  return { origin, agent, a, newest };
}

describe('a host that asks for signatures', () => {
  it('reads nothing of a commit that it refuses, and lays nothing of it out', async () => {
    const { origin, agent, a, newest } = followed(null);
    const b = commitBy(origin, 'B', eve, { 'cluster.yaml': 'name: home\n' });
    const { found, did } = await newest(a);
    expect(did).toEqual(['verified']);
    expect(found).toMatchObject({ head: { sha: b }, unverified: true, newest: { from: { commit: b } } });
    expect(readdirSync(join(agent.state, 'source'))).not.toContain('checkouts');
  });

  it('verifies before it reads, and then renders', async () => {
    const { origin, a, newest } = followed(null);
    commitBy(origin, 'B', ada, { 'cluster.yaml': 'name: home\n' });
    const { found, did } = await newest(a);
    expect(did).toEqual(['verified', 'read', 'rendered']);
    expect(found).not.toHaveProperty('unverified');
  });

  it('verifies an accepted commit no more', async () => {
    const { a, newest } = followed(eve);
    expect((await newest(a)).did).toEqual(['read', 'rendered']);
    expect((await newest(a)).did).toEqual([]);
  });

  it('verifies a refused one once', async () => {
    const { origin, a, newest } = followed(null);
    commitBy(origin, 'B', eve);
    await newest(a);
    const { found, did } = await newest(a);
    expect(did).toEqual([]);
    expect(found.unverified).toBe(true);
  });

  it('follows nothing of a history that does not continue the accepted one, however well it is signed', async () => {
    //  A---B(ada)   accepted
    //   \
    //    C(ada)     main
    const { origin, a, newest } = followed(null);
    const b = commitBy(origin, 'B', ada);
    await newest(b);
    origin.git('reset', '--quiet', '--hard', a);
    commitBy(origin, 'C', ada);
    expect((await newest(b)).found).toMatchObject({ head: null, newest: null, ok: false });
  });
});
