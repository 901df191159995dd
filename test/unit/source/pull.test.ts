import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Agent, Origin, temporaryFolder } from '../../support/git-fixture.ts';

describe('pulling a state repository', () => {
  it('gives the head of the branch with author, subject and time', async () => {
    const origin = new Origin();
    const sha = origin.commit('Check HAProxy twice a second', { 'cluster.yaml': 'name: home\n' });
    expect(await new Agent().pull(origin.remote)).toEqual({
      outcome: 'current',
      head: {
        sha,
        author: 'Ada Lovelace',
        email: 'ada@home.example',
        subject: 'Check HAProxy twice a second',
        committedAtMs: Date.parse('2026-01-02T03:04:05Z'),
      },
    });
  });

  it('follows the branch forward', async () => {
    //  A---B---C  main
    //  ^accepted
    const origin = new Origin();
    const agent = new Agent();
    origin.commit('A');
    await agent.pull(origin.remote);
    origin.commit('B');
    const c = origin.commit('C');
    expect(await agent.pull(origin.remote)).toMatchObject({ outcome: 'current', head: { sha: c } });
  });

  it('follows a merge that contains the accepted commit', async () => {
    //  A---B-------M  main
    //   \         /
    //    C-------'        accepted: C
    const origin = new Origin();
    const agent = new Agent();
    origin.commit('A');
    origin.git('switch', '--quiet', '-c', 'side');
    const c = origin.commit('C', { c: '' });
    origin.git('switch', '--quiet', 'main');
    origin.commit('B', { b: '' });
    origin.git('merge', '--quiet', '-m', 'M', 'side');
    agent.accepted = c;
    expect(await agent.pull(origin.remote)).toMatchObject({ outcome: 'current', head: { subject: 'M' } });
  });

  it('refuses a rewritten history, names both commits and offers to accept', async () => {
    //  A---B   accepted
    //   \
    //    C     main, pushed with --force
    const origin = new Origin();
    const agent = new Agent();
    origin.commit('A');
    const b = origin.commit('B');
    await agent.pull(origin.remote);
    origin.git('reset', '--quiet', '--hard', 'HEAD~1');
    const c = origin.commit('C');
    const pulled = await agent.pull(origin.remote);
    expect(pulled).toMatchObject({ outcome: 'rewritten', accepted: b, found: { sha: c } });
    expect(pulled).toHaveProperty('why', expect.stringContaining(`commit ${b}, which was accepted`));
    expect(pulled).toHaveProperty('why', expect.stringContaining(`"holdfast accept ${c}"`));
  });

  it('says that the branch went back when its head is older than the accepted commit', async () => {
    const origin = new Origin();
    const agent = new Agent();
    const a = origin.commit('A');
    const b = origin.commit('B');
    await agent.pull(origin.remote);
    origin.git('reset', '--quiet', '--hard', a);
    const pulled = await agent.pull(origin.remote);
    expect(pulled).toHaveProperty('why', expect.stringContaining(`went back from commit ${b} to ${a}`));
  });

  it('still refuses a rewritten history after it has lost its own copy of the old one', async () => {
    const origin = new Origin();
    const agent = new Agent();
    const a = origin.commit('A');
    await agent.pull(origin.remote);
    origin.git('commit', '--quiet', '--amend', '--allow-empty', '-m', 'A, rewritten');
    origin.git('reflog', 'expire', '--expire=now', '--all');
    origin.git('gc', '--quiet', '--prune=now');
    rmSync(agent.repository, { recursive: true });
    expect(await agent.pull(origin.remote)).toMatchObject({ outcome: 'rewritten', accepted: a });
  });

  it('takes a repository without commits for unfinished, not for an empty desired state', async () => {
    const pulled = await new Agent().pull(new Origin().remote);
    expect(pulled).toEqual({ outcome: 'empty', why: expect.stringContaining('has no commits yet') });
  });

  it('names the branches that there are when the configured one is missing', async () => {
    const origin = new Origin();
    origin.commit('A');
    origin.git('branch', 'home');
    const pulled = await new Agent().pull({ ...origin.remote, branch: 'production' });
    expect(pulled).toHaveProperty('outcome', 'empty');
    expect(pulled).toHaveProperty(
      'why',
      expect.stringContaining('has no branch production. It has home, main.'),
    );
  });

  it('is not misled by a ref that ends like the branch', async () => {
    const origin = new Origin();
    const a = origin.commit('A');
    const b = origin.commit('B');
    origin.git('update-ref', 'refs/remotes/x/refs/heads/main', a);
    expect(await new Agent().git.head(origin.remote, 15_000)).toBe(b);
  });

  it('goes on with what it last fetched while the remote is away', async () => {
    const origin = new Origin();
    const agent = new Agent();
    const a = origin.commit('A');
    await agent.pull(origin.remote);
    rmSync(origin.path, { recursive: true });
    const pulled = await agent.pull(origin.remote);
    expect(pulled).toMatchObject({ outcome: 'offline', head: { sha: a } });
    expect(pulled).toHaveProperty(
      'why',
      expect.stringContaining(`There is no Git repository at ${origin.path}`),
    );
  });

  it('offers nothing of a rewritten history while the remote is away', async () => {
    const origin = new Origin();
    const agent = new Agent();
    origin.commit('A');
    await agent.pull(origin.remote);
    origin.git('commit', '--quiet', '--amend', '--allow-empty', '-m', 'A, rewritten');
    await agent.pull(origin.remote);
    rmSync(origin.path, { recursive: true });
    expect(await agent.pull(origin.remote)).toMatchObject({ outcome: 'offline', head: null });
  });

  it('has nothing to offer when it was never online', async () => {
    const pulled = await new Agent().pull({ url: '/nowhere/state.git', branch: 'main' });
    expect(pulled).toMatchObject({ outcome: 'offline', head: null });
  });

  it('does not take what it fetched from another address for this one', async () => {
    const origin = new Origin();
    const agent = new Agent();
    origin.commit('A');
    await agent.pull(origin.remote);
    const moved = { ...origin.remote, url: '/nowhere/state.git' };
    expect(await agent.pull(moved)).toMatchObject({ outcome: 'offline', head: null });
  });

  it.each(['http://127.0.0.1:1/state.git', 'git://127.0.0.1:1/state.git', 'ext::touch WITNESS'])(
    'does not fetch from %s',
    async (address) => {
      const witness = join(temporaryFolder(), 'ran');
      const url = address.replace('WITNESS', witness);
      const pulled = await new Agent().pull({ url, branch: 'main' });
      expect(pulled).toHaveProperty('outcome', 'offline');
      expect(pulled).toHaveProperty('why', expect.stringContaining('Holdfast does not fetch over'));
      expect(existsSync(witness)).toBe(false);
    },
  );
});
