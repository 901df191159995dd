import { hostname } from 'node:os';
import { expect, it } from 'vitest';
import { systemClock } from '../../../agent/host/clock.ts';
import { readIdentity, shortHostname } from '../../../agent/host/identity.ts';

it('knows this host by its short lower-case name and the addresses on its interfaces', () => {
  const identity = readIdentity();
  expect(identity.hostname).toBe(hostname().split('.')[0]!.toLowerCase());
  expect(identity.addresses.get('lo')).toContain('127.0.0.1');
  expect(identity.networks?.get('lo')).toContain('127.0.0.1/8');
});

it('takes a name with its domain, in capitals, for the same node', () => {
  expect(shortHostname('Kubernetes-Node-1.home.arpa')).toBe('kubernetes-node-1');
});

it('counts monotonic time from boot, as other processes do', async () => {
  const { readFileSync } = await import('node:fs');
  const uptimeMs = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000;
  expect(Math.abs(systemClock.monotonicMs() - uptimeMs)).toBeLessThan(5_000);
});
