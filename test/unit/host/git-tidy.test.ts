import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { refOf } from '../../../agent/host/git-transport.ts';
import { Agent, Origin } from '../../support/git-fixture.ts';

/** An origin of 102 commits, of which the agent has fetched the first. */
async function fetched() {
  const origin = new Origin();
  const agent = new Agent();
  origin.import(Array.from({ length: 102 }, (_, i) => [['a', `${i}\n`]]));
  const whole = origin.git('rev-parse', 'main');
  const fetch = async (behind: number) => {
    origin.git('update-ref', 'refs/heads/main', `${whole}~${behind}`);
    await agent.git.fetch(origin.remote, 15_000);
  };
  await fetch(101);
  const folder = join(agent.repository, 'objects', 'pack');
  const packs = () => readdirSync(folder).filter((name) => name.endsWith('.pack')).length;
  return { origin, agent, fetch, folder, packs };
}

describe('the growth of the copy', () => {
  it('is bounded: many packs become one, at most once a day', async () => {
    const { origin, agent, fetch, packs } = await fetched();
    for (let behind = 100; behind > 50; behind--) await fetch(behind);
    expect(packs()).toBe(51);
    expect(await agent.git.tidy(origin.remote, 1_000)).toBeNull();
    expect(packs()).toBe(1);
    expect(await agent.pull(origin.remote)).toHaveProperty('outcome', 'current');
    for (let behind = 50; behind > 0; behind--) await fetch(behind);
    await agent.git.tidy(origin.remote, 2_000);
    expect(packs()).toBe(51);
    await agent.git.tidy(origin.remote, 1_000 + 24 * 60 * 60 * 1000);
    expect(packs()).toBe(1);
  }, 60_000);

  it('does not keep what earlier addresses and branches left', async () => {
    const { origin, agent, fetch } = await fetched();
    origin.git('branch', 'other');
    await agent.git.fetch({ ...origin.remote, branch: 'other' }, 15_000);
    const refs = () => readdirSync(join(agent.repository, 'refs', 'holdfast'));
    expect(refs()).toHaveLength(2);
    for (let behind = 100; behind > 50; behind--) await fetch(behind);
    await agent.git.tidy(origin.remote, 0);
    expect(refs()).toEqual([refOf(origin.remote).split('/').at(-1)]);
  }, 60_000);

  it('is no reason to fail: what went wrong is said', async () => {
    const { origin, agent, folder } = await fetched();
    for (let i = 0; i < 51; i++) writeFileSync(join(folder, `pack-${i}.pack`), '');
    mkdirSync(join(agent.state, 'source', 'repacked-at'));
    const said = await agent.git.tidy(origin.remote, 0);
    expect(said).toContain('could not be repacked; Holdfast goes on without and tries again in a day.');
  });
});
