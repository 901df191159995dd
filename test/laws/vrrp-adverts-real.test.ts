import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundled } from '../unit/host/bundled.ts';
import { vrrpStranger } from '../support/vrrp-stranger.ts';

/** Two hosts on a cable of their own, and what one of them hears of the other's VRRP. */

const [HERE, THERE] = [`hf-here-${process.pid}`, `hf-there-${process.pid}`];
const folder = mkdtempSync(join(tmpdir(), 'holdfast-vrrp-'));
const ip = (...argv: readonly string[]): void => void execFileSync('ip', argv);

beforeAll(() => {
  for (const name of [HERE, THERE]) ip('netns', 'add', name);
  ip('-n', HERE, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', THERE);
  for (const [name, address] of [
    [HERE, '10.9.0.1/24'],
    [THERE, '10.9.0.2/24'],
  ] as const) {
    ip('-n', name, 'address', 'add', address, 'dev', 'eth0');
    ip('-n', name, 'link', 'set', 'eth0', 'up');
  }
});
afterAll(() => {
  for (const name of [HERE, THERE]) ip('netns', 'delete', name);
  rmSync(folder, { recursive: true });
});

/** What `hearAdverts` says in the namespace of one of them. */
function heard(interfaceName: string): unknown {
  const program = bundled(
    folder,
    `import { hearAdverts } from './agent/host/vrrp-adverts.ts';
     console.log(JSON.stringify(await hearAdverts(process.argv[2], 3)));`,
  );
  const argv = [`--net=/run/netns/${HERE}`, '--', process.execPath, program, interfaceName];
  return JSON.parse(execFileSync('nsenter', argv, { encoding: 'utf8' }));
}

it('a stranger’s adverts are heard for what they say, without the password that they end with', async () => {
  const stranger = await vrrpStranger(52, '10.9.0.2', '192.168.1.1', THERE);
  try {
    expect(heard('eth0')).toEqual({
      heard: [{ source: '10.9.0.2', version: 2, routerId: 52, priority: 100, addresses: ['192.168.1.1'] }],
    });
  } finally {
    stranger.stop();
  }
});

it('where there is nothing to listen on, that is the answer', () => {
  expect(heard('eth9')).toEqual({ unknown: 'there is no interface eth9' });
});
