import { expect, it } from 'vitest';
import { listListeners, readListeners, startedAt } from '../../../agent/host/listeners.ts';
import type { LiveReader } from '../../../agent/host/host.ts';

const line = (local: string, users: string): string =>
  `LISTEN 0      511       ${local}   0.0.0.0:*    ${users}`;
const API = 'users:(("kube-apiserver",pid=812,fd=3))';

it('reads of ss who listens where, each process of a socket by itself', () => {
  const text = [
    line('10.1.1.1:6443', API),
    line('10.1.1.1%eth0:6443', API),
    line('[::ffff:10.1.1.1]:6443', API),
    line('*:6443', API),
    line('0.0.0.0:6443', API),
    line('10.1.233.1:6443', 'users:(("haproxy",pid=55,fd=6),("haproxy",pid=51,fd=6))'),
    '',
  ].join('\n');
  const api = { program: 'kube-apiserver', pid: 812 };
  expect(readListeners(text)).toEqual([
    { address: '10.1.1.1', ...api },
    { address: '10.1.1.1', ...api },
    { address: '10.1.1.1', ...api },
    { address: null, ...api },
    { address: null, ...api },
    { address: '10.1.233.1', program: 'haproxy', pid: 55 },
    { address: '10.1.233.1', program: 'haproxy', pid: 51 },
  ]);
});

it('leaves out what nobody can be named for', () => {
  expect(readListeners(`${line('10.1.1.1:6443', '')}\nsomething else\n`)).toEqual([]);
});

it('reads since when a process runs, whatever it is called', () => {
  const rest = Array.from({ length: 30 }, (_, at) => `${at + 3}`).join(' ');
  expect(startedAt(`812 (kube apiserver) 2) ${rest}`)).toBe('22');
  expect(startedAt('')).toBeNull();
});

const live = (stdout: string, exitCode = 0): LiveReader => ({
  query: async () => ({ exitCode, stdout, stderr: 'no netlink' }),
  kernel: async () => 'this-boot',
});

it('tells a process from every other of this host, and leaves out one that has just ended', async () => {
  const never = 2 ** 22 + 1;
  const text = line('*:6443', `users:(("node",pid=${process.pid},fd=9),("node",pid=${never},fd=9))`);
  const found = await listListeners(6443, live(text));
  expect(found).toEqual([
    {
      address: null,
      program: 'node',
      process: expect.stringMatching(new RegExp(`^this-boot/${process.pid}/[1-9]\\d*$`)),
    },
  ]);
});

it('does not take a question that failed for nobody', async () => {
  await expect(listListeners(6443, live('', 255))).rejects.toThrow(
    'who listens on port 6443 cannot be seen: "ss" exited with 255: no netlink',
  );
});
