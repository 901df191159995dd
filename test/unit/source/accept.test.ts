import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { acceptCommit } from '../../../agent/source/accept.ts';
import { Agent, Origin } from '../../support/git-fixture.ts';

/**
 *   A---B   accepted
 *    \
 *     C---D main, pushed with --force
 */
async function rewritten() {
  const origin = new Origin();
  const agent = new Agent();
  const a = origin.commit('A');
  const b = origin.commit('B');
  await agent.pull(origin.remote);
  origin.git('reset', '--quiet', '--hard', a);
  const c = origin.commit('C');
  const d = origin.commit('D');
  const accept = (name: string) => acceptCommit({ name, repository: origin.remote, git: agent.git });
  return { origin, agent, accept, a, b, c, d };
}

describe('accepting a rewritten history', () => {
  it('goes on from the accepted commit', async () => {
    const { origin, agent, accept, d } = await rewritten();
    expect(await agent.pull(origin.remote)).toHaveProperty('outcome', 'rewritten');
    expect(await accept(d)).toMatchObject({ commit: { sha: d, subject: 'D' } });
    agent.accepted = d;
    const e = origin.commit('E');
    expect(await agent.pull(origin.remote)).toMatchObject({ outcome: 'current', head: { sha: e } });
  });

  it('fetches first, so the commit need not have been seen', async () => {
    const { accept, d } = await rewritten();
    expect(await accept(d.slice(0, 8))).toMatchObject({ commit: { sha: d } });
  });

  it('takes the name of the branch for its head', async () => {
    const { accept, d } = await rewritten();
    expect(await accept('main')).toMatchObject({ commit: { sha: d } });
  });

  it('refuses a commit that the branch does not contain', async () => {
    const { accept, b, d } = await rewritten();
    expect(await accept(b)).toEqual({
      problem: expect.stringMatching(`^Commit ${b} is not on the branch main, which is at ${d}\\.`),
    });
  });

  it('refuses a commit that does not exist', async () => {
    const { accept, d } = await rewritten();
    expect(await accept('0123456789')).toEqual({
      problem: `There is no commit 0123456789 in the state repository. Its branch main is at ${d}.`,
    });
  });

  it.each(['--upload-pack=touch /tmp/x', 'HEAD~1', 'refs/heads/main', 'abc', 'c0ffee\nmain'])(
    'refuses %j, which is no commit',
    async (name) => {
      const { accept } = await rewritten();
      expect(await accept(name)).toEqual({ problem: expect.stringContaining('is not a commit') });
    },
  );

  it('accepts what was fetched before when the remote is away', async () => {
    const { origin, agent, accept, d } = await rewritten();
    await agent.pull(origin.remote);
    rmSync(origin.path, { recursive: true });
    expect(await accept(d)).toMatchObject({ commit: { sha: d } });
    expect(await accept('0123456789')).toEqual({
      problem: expect.stringContaining('The remote was not reached: There is no Git repository at'),
    });
  });
});
