import { expect, it } from 'vitest';
import { masterSocketIn, readShowProc } from '../../../agent/host/haproxy-master.ts';

/** HAProxy 3.0.11. */
const shown = (master: string, workers: string): string =>
  `#<PID>          <type>          <reloads>       <uptime>        <version>      
55              master          ${master}   0d00h18m43s     3.0.11-1+deb13u3
# workers
${workers}# programs

`;

it('sees that the last reload brought a worker', () => {
  const text = shown(
    '3 [failed: 0]',
    '1560            worker          0               0d00h00m01s     3.0.11\n',
  );
  expect(readShowProc(text)).toEqual({ reloads: 3, failed: 0, workerOfLastReload: true });
});

it('sees that the last reload failed, and that the worker before it goes on', () => {
  const text = shown(
    '2 [failed: 1]',
    '1193            worker          1               0d00h12m20s     3.0.11\n',
  );
  expect(readShowProc(text)).toEqual({ reloads: 2, failed: 1, workerOfLastReload: false });
});

it('does not take an old worker that finishes its connections for the new one', () => {
  const text = shown(
    '3 [failed: 0]',
    '1560   worker   0   0d00h00m01s   3.0.11\n# old workers\n1193   worker   10   0d00h12m20s   3.0.11\n',
  );
  expect(readShowProc(text)).toMatchObject({ workerOfLastReload: true });
  expect(readShowProc(text.replace(/^1560.*\n/m, ''))).toMatchObject({ workerOfLastReload: false });
});

it('does not guess at an answer that it does not know', () => {
  expect(readShowProc('Permission denied\n')).toBeNull();
});

it("finds the master's socket where the process was given it", () => {
  const line = (...words: string[]): string => `${words.join('\0')}\0`;
  expect(masterSocketIn(line('/usr/sbin/haproxy', '-Ws', '-S', '/run/haproxy-master.sock'))).toBe(
    '/run/haproxy-master.sock',
  );
  expect(masterSocketIn(line('haproxy', '-S', '/run/m.sock,mode,600', '-sf', '84'))).toBe('/run/m.sock');
  expect(masterSocketIn(line('haproxy', '-Ws', '-S', '127.0.0.1:1234'))).toBeNull();
  expect(masterSocketIn(line('haproxy', '-Ws'))).toBeNull();
});
