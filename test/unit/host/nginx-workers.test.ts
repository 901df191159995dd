import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import type { LiveReader } from '../../../agent/host/host.ts';
import { parentIn, seeNginx } from '../../../agent/host/nginx-workers.ts';

/** Real processes with nginx's titles, and this one as their master. */
const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});
async function titled(title: string): Promise<number> {
  const child = spawn('cat', [], { argv0: title, stdio: ['pipe', 'ignore', 'ignore'] });
  running.push(child);
  await once(child, 'spawn');
  return child.pid!;
}
const live = (state: string): Pick<LiveReader, 'query'> => ({
  query: async () => ({
    exitCode: 0,
    stderr: '',
    stdout: `ActiveState=${state}\nSubState=x\nMainPID=${process.pid}\n`,
  }),
});
const seen = (state = 'active') => seeNginx('nginx.service', live(state) as LiveReader);

it('counts the workers that take connections, and no other child of the master', async () => {
  const worker = await titled('nginx: worker process');
  await titled('nginx: worker process is shutting down');
  await titled('nginx: cache manager process');
  const answer = await seen();
  expect(answer).toEqual({ workers: [expect.stringMatching(new RegExp(`^${worker}/\\d+$`))] });
  expect(await seen()).toEqual(answer);
});

it('says that there is none where it does not run', async () => {
  expect(await seen('failed')).toEqual({ down: 'nginx.service is failed (x)' });
});

it('finds the parent of a process whose name holds brackets and blanks', () => {
  expect(parentIn('71 (nginx) (old ) S 55 71 71 0')).toBe(55);
});
