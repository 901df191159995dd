import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { refOf } from '../../../agent/host/git-transport.ts';
import { Agent, Origin } from '../../support/git-fixture.ts';

async function fetched() {
  const origin = new Origin();
  const agent = new Agent();
  origin.commit('A', { a: 'a\n' });
  await agent.pull(origin.remote);
  const packs = join(agent.repository, 'objects', 'pack');
  return {
    origin,
    agent,
    packs,
    files: (suffix: string) => readdirSync(packs).filter((n) => n.endsWith(suffix)),
  };
}

describe('the growth of the copy', () => {
  it('is bounded: many packs become one, at most once a day', async () => {
    const { origin, agent, files } = await fetched();
    const grow = async (times: number) => {
      for (let i = 0; i < times; i++) {
        origin.commit(`${i}`);
        await agent.git.fetch(origin.remote, 15_000);
      }
    };
    await grow(50);
    expect(files('.pack')).toHaveLength(51);
    expect(await agent.git.tidy(origin.remote, 1_000)).toBeNull();
    expect(files('.pack')).toHaveLength(1);
    expect(await agent.pull(origin.remote)).toHaveProperty('outcome', 'current');
    await grow(50);
    await agent.git.tidy(origin.remote, 2_000);
    expect(files('.pack')).toHaveLength(51);
    await agent.git.tidy(origin.remote, 1_000 + 24 * 60 * 60 * 1000);
    expect(files('.pack')).toHaveLength(1);
  }, 60_000);

  it('is no reason to fail: what went wrong is said', async () => {
    const { origin, agent, packs } = await fetched();
    for (let i = 0; i < 51; i++) writeFileSync(join(packs, `pack-${i}.pack`), '');
    mkdirSync(join(agent.state, 'source', 'repacked-at'));
    const said = await agent.git.tidy(origin.remote, 0);
    expect(said).toContain('could not be repacked; Holdfast goes on without and tries again in a day.');
  });

  it('does not keep what earlier addresses and branches left', async () => {
    const { origin, agent } = await fetched();
    origin.git('branch', 'other');
    await agent.git.fetch({ ...origin.remote, branch: 'other' }, 15_000);
    const refs = () => readdirSync(join(agent.repository, 'refs', 'holdfast'));
    expect(refs()).toHaveLength(2);
    for (let i = 0; i < 51; i++) {
      origin.commit(`${i}`);
      await agent.git.fetch(origin.remote, 15_000);
    }
    await agent.git.tidy(origin.remote, 0);
    expect(refs()).toHaveLength(1);
    expect(readFileSync(join(agent.repository, refOf(origin.remote)), 'utf8').trim()).toBe(
      origin.git('rev-parse', 'main'),
    );
  }, 60_000);
});
