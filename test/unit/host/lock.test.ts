import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { takeLock } from '../../../agent/host/lock.ts';
import type { Lock, Taken } from '../../../agent/host/lock.ts';
import { waitFor } from '../../support/wait-for.ts';
import { bundled } from './bundled.ts';
import { freshFolder } from './fresh-folder.ts';

const us = { pid: process.pid, command: 'holdfast converge' };

function lockOf(taken: Taken): Lock {
  if ('lock' in taken) return taken.lock;
  throw new Error(`held by ${JSON.stringify(taken.heldBy)}`);
}

/** Another process that takes the lock, and says so; it has a child that outlives it. */
async function otherHolder(path: string): Promise<ChildProcess> {
  const program = bundled(
    freshFolder(),
    `import { spawn } from 'node:child_process';
     import { takeLock } from './agent/host/lock.ts';
     const taken = await takeLock(process.argv[2], { pid: process.pid, command: 'holdfast run' }, 0);
     const child = spawn('sleep', ['300'], { stdio: 'ignore', detached: true });
     console.log(JSON.stringify({ taken: 'lock' in taken, child: child.pid }));
     setInterval(() => {}, 1000);`,
  );
  const process_ = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(process_.stdout, 'data')) as [Buffer];
  const { taken, child } = JSON.parse(line.toString()) as { taken: boolean; child: number };
  onTestFinished(() => {
    process_.kill('SIGKILL');
    process.kill(child, 'SIGKILL');
  });
  expect(taken).toBe(true);
  return process_;
}

describe('the lock', () => {
  it('has one holder, and says who it is and since when', async () => {
    const path = join(freshFolder(), 'run', 'lock');
    const before = Date.now() - 1_000;
    const holder = await otherHolder(path);
    const taken = await takeLock(path, us, 0);
    expect(taken).toEqual({
      heldBy: {
        pid: holder.pid,
        command: 'holdfast run',
        sinceMs: expect.any(Number) as number,
        isStopped: false,
      },
    });
    if (!('heldBy' in taken)) throw new Error('taken');
    expect(taken.heldBy!.sinceMs).toBeGreaterThan(before);
    expect(taken.heldBy!.sinceMs).toBeLessThanOrEqual(Date.now());
  });

  it('says whether its holder is stopped, for it does not end by itself then', async () => {
    const path = join(freshFolder(), 'lock');
    const holder = await otherHolder(path);
    const isStopped = async (): Promise<unknown> => {
      const taken = await takeLock(path, us, 0);
      return 'heldBy' in taken && taken.heldBy?.isStopped;
    };
    holder.kill('SIGSTOP');
    await waitFor('it to be stopped', isStopped, 5_000, (is) => is === true);
    holder.kill('SIGCONT');
    await waitFor('it to go on', isStopped, 5_000, (is) => is === false);
  });

  it('is free the moment its holder is killed, although a child of the holder lives on', async () => {
    const path = join(freshFolder(), 'lock');
    const holder = await otherHolder(path);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    lockOf(await takeLock(path, us, 0)).release();
  });

  it('waits for as long as it is told to, and no longer', async () => {
    const path = join(freshFolder(), 'lock');
    const first = lockOf(await takeLock(path, us, 0));
    const started = performance.now();
    expect(await takeLock(path, us, 300)).toHaveProperty('heldBy.command', us.command);
    expect(performance.now() - started).toBeGreaterThan(290);
    const waiting = takeLock(path, us, 15_000);
    first.release();
    lockOf(await waiting).release();
  });

  it('can be taken again after its release, and releasing twice frees nobody else', async () => {
    const path = join(freshFolder(), 'lock');
    const first = lockOf(await takeLock(path, us, 0));
    first.release();
    const second = lockOf(await takeLock(path, us, 0));
    first.release();
    expect(await takeLock(path, us, 0)).toHaveProperty('heldBy');
    second.release();
    expect(readFileSync(path, 'utf8')).toBe('');
  });

  it('can be opened, and so be taken, by root only', async () => {
    const path = join(freshFolder(), 'lock');
    const lock = lockOf(await takeLock(path, us, 0));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    lock.release();
  });

  it('is taken anew where somebody removed the file', async () => {
    const path = join(freshFolder(), 'lock');
    const first = lockOf(await takeLock(path, us, 0));
    const waiting = takeLock(path, us, 15_000);
    await expect(takeLock(path, us, 50)).resolves.toHaveProperty('heldBy');
    rmSync(path);
    first.release();
    const second = lockOf(await waiting);
    expect(await takeLock(path, us, 0)).toHaveProperty('heldBy');
    second.release();
  });

  it('that holds something else than our words has a holder nobody knows', async () => {
    const path = join(freshFolder(), 'lock');
    const child = spawn('flock', ['-x', path, 'sh', '-c', 'echo held; sleep 300'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    onTestFinished(() => void process.kill(-child.pid!, 'SIGKILL'));
    await once(child.stdout, 'data');
    expect(await takeLock(path, us, 0)).toEqual({ heldBy: null });
  });
});
