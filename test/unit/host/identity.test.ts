import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../agent/host/clock.ts';
import { byInterface, readIdentity, shortHostname } from '../../../agent/host/identity.ts';

it('knows this host by its short lower-case name and the addresses on its interfaces', () => {
  const identity = readIdentity();
  expect(identity.hostname).toBe(hostname().split('.')[0]!.toLowerCase());
  expect(identity.addresses.get('lo')).toContain('127.0.0.1');
  expect(identity.networks?.get('lo')).toContain('127.0.0.1/8');
});

describe('an address that has a label', () => {
  const listed = (names: Readonly<Record<string, string>>): ReturnType<typeof byInterface> =>
    byInterface(
      Object.fromEntries(
        Object.entries(names).map(([shown, cidr]) => [
          shown,
          [{ address: cidr.split('/')[0]!, cidr, netmask: '', family: 'IPv4', mac: '', internal: false }],
        ]),
      ),
    );

  it.each([
    ['eth0', 'eth0:vip'],
    // keepalived.conf.eta leaves of a long name what a label has room for.
    ['enx00155da1b2c3', 'enx00155da1:vip'],
    ['eth0.100', 'eth0.100:vip'],
  ])('is one of %s, and no interface %s is listed', (name, label) => {
    const { addresses, networks } = listed({
      lo: '127.0.0.1/8',
      [name]: '10.1.1.1/16',
      [label]: '10.1.233.1/32',
      eth01: '10.2.1.1/16',
    });
    expect([...addresses.keys()]).toEqual(['lo', name, 'eth01']);
    expect(addresses.get(name)).toEqual(['10.1.1.1', '10.1.233.1']);
    expect(networks.get(name)).toEqual(['10.1.1.1/16', '10.1.233.1/32']);
  });

  it('is one of an interface that has no other, not of one whose name begins alike', () => {
    const { addresses } = listed({ 'eth1:vip': '10.1.233.1/32', eth10: '10.2.1.1/16' });
    expect([...addresses]).toEqual([
      ['eth1', ['10.1.233.1']],
      ['eth10', ['10.2.1.1']],
    ]);
  });
});

it('takes a name with its domain, in capitals, for the same node', () => {
  expect(shortHostname('Kubernetes-Node-1.home.arpa')).toBe('kubernetes-node-1');
});

it('counts monotonic time from boot, as other processes do', async () => {
  const { readFileSync } = await import('node:fs');
  const uptimeMs = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000;
  expect(Math.abs(systemClock.monotonicMs() - uptimeMs)).toBeLessThan(5_000);
});
