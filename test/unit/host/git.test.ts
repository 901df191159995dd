import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MARK, newMark } from '../../../agent/host/git-processes.ts';
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

describe('our copy of the repository', () => {
  it('lets only its owner in', async () => {
    const { agent } = await fetched();
    const source = join(agent.state, 'source');
    expect(statSync(source).mode & 0o777).toBe(0o700);
    const names = readdirSync(source, { recursive: true }) as string[];
    const open = names.filter((name) => (statSync(join(source, name)).mode & 0o077) !== 0);
    expect(open).toEqual([]);
  });

  it('does without the settings, the hooks and the environment of whoever starts it', async () => {
    const origin = new Origin();
    const agent = new Agent();
    origin.commit('A');
    const home = join(agent.state, 'home');
    mkdirSync(home);
    writeFileSync(join(home, '.gitconfig'), `[url "/nowhere"]\n\tinsteadOf = ${origin.path}\n`);
    const before = process.env['HOME'];
    process.env['HOME'] = home;
    try {
      expect(await agent.pull(origin.remote)).toHaveProperty('outcome', 'current');
    } finally {
      process.env['HOME'] = before;
    }
  });

  it('is brought to what agent.yaml says now', async () => {
    const { agent } = await fetched();
    const moved = new Origin();
    moved.commit('B');
    agent.accepted = null;
    expect(await agent.pull(moved.remote)).toMatchObject({ head: { subject: 'B' } });
  });
});

describe('what a killed Git left behind', () => {
  const LEFT = ['packed-refs.lock', 'shallow.lock', 'objects/pack/tmp_pack_x', 'objects/pack/pack-0.keep'];

  it('is cleared away before the next fetch', async () => {
    const { origin, agent } = await fetched();
    const left = [...LEFT, `${refOf(origin.remote)}.lock`].map((name) => join(agent.repository, name));
    for (const path of left) writeFileSync(path, '');
    const b = origin.commit('B');
    expect(await agent.pull(origin.remote)).toMatchObject({ outcome: 'current', head: { sha: b } });
    expect(left.filter((path) => existsSync(path))).toEqual([]);
  });

  it('is cleared away together with the Git of an agent that is no more', async () => {
    const { origin, agent } = await fetched();
    const orphan = running(agent, `${agent.repository}|999999999@1|x`);
    const ended = once(orphan, 'exit');
    writeFileSync(join(agent.repository, `${refOf(origin.remote)}.lock`), '');
    origin.commit('B');
    expect(await agent.pull(origin.remote)).toMatchObject({ outcome: 'current', head: { subject: 'B' } });
    expect(await ended).toEqual([null, 'SIGTERM']);
  });

  it('is left alone, and said, while another agent has Git at work', async () => {
    const { origin, agent } = await fetched();
    running(agent, newMark(agent.repository, 'x'));
    const lock = join(agent.repository, `${refOf(origin.remote)}.lock`);
    writeFileSync(lock, '');
    origin.commit('B');
    const pulled = await agent.pull(origin.remote);
    expect(pulled).toMatchObject({ outcome: 'offline', head: { subject: 'A' } });
    expect(pulled).toHaveProperty(
      'why',
      expect.stringContaining(`at work on Holdfast's copy of the repository (`),
    );
    expect(existsSync(lock)).toBe(true);
  });
});

/** A Git that waits for its input for ever. */
function running(agent: Agent, mark: string): ChildProcess {
  const env = { PATH: process.env['PATH'], GIT_DIR: agent.repository, [MARK]: mark };
  const child = spawn('git', ['cat-file', '--batch'], { env, stdio: ['pipe', 'ignore', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

describe('a copy that a power cut or a dying card damaged', () => {
  const damages: Record<string, (at: { agent: Agent; packs: string; origin: Origin }) => void> = {
    'a pack was emptied': ({ packs }) => {
      for (const name of readdirSync(packs)) if (name.endsWith('.pack')) truncateSync(join(packs, name), 0);
    },
    'a pack is gone': ({ packs }) => {
      for (const name of readdirSync(packs)) unlinkSync(join(packs, name));
    },
    'a ref was emptied': ({ agent, origin }) =>
      writeFileSync(join(agent.repository, refOf(origin.remote)), ''),
    'its settings were emptied': ({ agent }) => writeFileSync(join(agent.repository, 'config'), ''),
    'HEAD was emptied': ({ agent }) => writeFileSync(join(agent.repository, 'HEAD'), ''),
  };

  it.each(Object.keys(damages))('is fetched anew: %s', async (damage) => {
    const { origin, agent, packs } = await fetched();
    damages[damage]?.({ agent, packs, origin });
    const b = origin.commit('B');
    const restarted = new Agent(agent.state);
    restarted.accepted = agent.accepted;
    expect(await restarted.pull(origin.remote)).toMatchObject({ outcome: 'current', head: { sha: b } });
    expect(await restarted.git.entries(b, '.')).toMatchObject([{ path: 'a' }]);
  });

  it('is kept when only the remote is to blame', async () => {
    const { origin, agent, files } = await fetched();
    const [before] = files('.pack');
    writeFileSync(join(origin.path, '.git', 'HEAD'), 'nonsense');
    expect(await agent.pull(origin.remote)).toMatchObject({ outcome: 'offline', head: { subject: 'A' } });
    expect(await agent.git.mend()).toBe(false);
    expect(files('.pack')).toEqual([before]);
  });
});
