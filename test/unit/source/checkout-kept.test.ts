import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckouts } from '../../../agent/source/checkout.ts';
import { Agent, checkedOut, Origin, temporaryFolder, text } from '../../support/git-fixture.ts';
import { bundled } from '../host/bundled.ts';

/** A process of its own that is killed, by itself, when it has the second half of the files to lay out. */
async function killedWhileCheckingOut(agent: Agent, origin: Origin): Promise<void> {
  const program = bundled(
    temporaryFolder(),
    `import { openGit } from './agent/host/git.ts';
     import { openCheckouts } from './agent/source/checkout.ts';
     const git = openGit(${JSON.stringify(agent.state)});
     let batches = 0;
     const blobs = (shas) => (++batches === 2 ? process.kill(process.pid, 'SIGKILL') : git.blobs(shas));
     const asked = { stateDirectory: ${JSON.stringify(agent.state)}, repository: ${JSON.stringify(origin.remote)}, bootId: 'this boot' };
     await openCheckouts({ ...asked, git: { ...git, blobs } }).checkout(${JSON.stringify(agent.accepted)});`,
  );
  const [code, signal] = (await once(spawn(process.execPath, [program]), 'exit')) as [
    number | null,
    string | null,
  ];
  expect({ code, signal }).toEqual({ code: null, signal: 'SIGKILL' });
}

describe('keeping checkouts', () => {
  it('uses a complete checkout again', async () => {
    const origin = new Origin();
    origin.commit('A', { a: '' });
    const { checkouts, sha, directory } = await checkedOut(origin);
    const before = statSync(directory).ino;
    await checkouts.checkout(sha);
    expect(statSync(directory).ino).toBe(before);
  });

  it('makes it anew after a reboot, which may have emptied files that were never flushed', async () => {
    const origin = new Origin();
    origin.commit('A', { a: 'text\n' });
    const { directory, agent } = await checkedOut(origin);
    writeFileSync(join(directory, 'a'), '');
    const { tree } = await checkedOut(origin, '.', agent, 'next boot');
    expect(await text(tree, 'a')).toBe('text\n');
  });

  it('never uses one that was not finished, and clears it away', async () => {
    const origin = new Origin();
    origin.commit('A', { a: 'text\n' });
    const agent = new Agent();
    const root = join(agent.state, 'source', 'checkouts');
    mkdirSync(join(root, '.making-999999999-killed', 'tree'), { recursive: true });
    mkdirSync(join(root, origin.git('rev-parse', 'HEAD'), 'tree'), { recursive: true });
    const { tree, checkouts, sha } = await checkedOut(origin, '.', agent);
    expect(await text(tree, 'a')).toBe('text\n');
    await checkouts.prune([sha], 0);
    expect(readdirSync(root)).toEqual([sha]);
  });

  it('survives being killed in the middle of laying out', async () => {
    const origin = new Origin();
    origin.import([Array.from({ length: 1_001 }, (_, i) => [`f${i}`, `text ${i}\n`])]);
    const agent = new Agent();
    await agent.pull(origin.remote);
    await killedWhileCheckingOut(agent, origin);
    const [aside] = readdirSync(join(agent.state, 'source', 'checkouts'));
    expect(aside).toMatch(/^\.making-/);
    const { tree, checkouts, sha } = await checkedOut(origin, '.', agent);
    expect(await tree.list('.')).toHaveLength(1_001);
    await checkouts.prune([sha], 0);
    expect(readdirSync(join(agent.state, 'source', 'checkouts'))).toEqual([sha]);
  }, 60_000);

  it('leaves nothing half made in place when it fails in the middle', async () => {
    const origin = new Origin();
    origin.commit('A', { a: 'text\n' });
    const { agent, checkouts } = await checkedOut(origin);
    const b = origin.commit('B', { b: '' });
    await agent.pull(origin.remote);
    const fails = { ...agent.git, blobs: () => Promise.reject(new Error('the card is gone')) };
    const failing = openCheckouts({
      stateDirectory: agent.state,
      repository: origin.remote,
      git: fails,
      bootId: 'this boot',
    });
    await expect(failing.checkout(b)).rejects.toThrow('the card is gone');
    expect(readdirSync(join(agent.state, 'source', 'checkouts'))).toEqual([
      agent.accepted === b ? origin.git('rev-parse', 'HEAD~1') : '',
    ]);
    expect(await text((await checkouts.checkout(b)).tree, 'b')).toBe('');
  });

  it('throws a damaged copy of the repository away, so that the next cycle fetches it anew', async () => {
    const origin = new Origin();
    const sha = origin.commit('A', { a: 'text\n' });
    const agent = new Agent();
    await agent.pull(origin.remote);
    rmSync(join(agent.repository, 'objects'), { recursive: true });
    mkdirSync(join(agent.repository, 'objects', 'pack'), { recursive: true });
    await expect(checkedOut(origin, '.', agent)).rejects.toThrow(`object ${sha} is missing from our copy`);
    expect(await text((await checkedOut(origin, '.', agent)).tree, 'a')).toBe('text\n');
  });

  it('removes what is not to be kept, also through read-only folders', async () => {
    const origin = new Origin();
    origin.commit('A', { 'a/b/c': '' });
    const { agent, sha } = await checkedOut(origin);
    origin.commit('B', { 'd/e': '' });
    const { checkouts, sha: next } = await checkedOut(origin, '.', agent);
    expect(await checkouts.prune([next], 0)).toBeNull();
    expect(readdirSync(join(agent.state, 'source', 'checkouts'))).toEqual([next]);
    expect(readFileSync(join(agent.state, 'source', 'checkouts', next, 'made'), 'utf8')).not.toContain(sha);
  });
});
