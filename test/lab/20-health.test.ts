import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HOSTS, lab, waitFor, type Host } from '../support/lab.ts';
import { bundled } from '../unit/host/bundled.ts';

/**
 * The checks and the proofs by themselves, against keepalived and HAProxy as they are. The agent is stopped meanwhile,
 * for it would put right what is broken here on purpose.
 */
const DRIVER = `
import { setTimeout as wait } from 'node:timers/promises';
import { checksFor } from './agent/health/checks-for.ts';
import { liveFacts } from './agent/health/live-facts.ts';
import { waitUntilLive } from './agent/health/live.ts';
import { takeSample } from './agent/health/sample.ts';
import { systemClock as clock } from './agent/host/clock.ts';
import { openProbes } from './agent/host/open-probes.ts';
import { runCommand } from './agent/host/run-command.ts';
import { openHost } from './agent/host/real-host.ts';
import { openStateDirectory } from './agent/host/state-directory.ts';
import { BlobStore } from './agent/transaction/blobs.ts';

const [asked, n, action, unit] = process.argv.slice(2);
const health = { ca: '/etc/kubernetes/pki/ca.crt', insecure: false, checks: {} };
const cluster = { vip: '10.1.233.1', apiPort: 6443, interface: 'eth0', health };
const role = { role: 'BACKUP', address: '10.1.1.' + n };
const probes = openProbes(openHost(new BlobStore(openStateDirectory('/run/health-driver'))), null);
const sleep = (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined);
const time = { clock, sleep };

async function sample() {
  const units = ['haproxy.service', 'keepalived.service'];
  const { seen } = await takeSample(checksFor({ cluster, role, units, remoteCounts: false }, clock), probes, time);
  return Object.fromEntries(Object.entries(seen).flatMap(([id, s]) => (s.ok ? [] : [[id, s.seen ?? 'n/a: ' + s.why]])));
}
async function live() {
  const facts = await liveFacts({ changes: [], steps: [{ do: 'refresh', unit, action }] }, probes, { cluster, role });
  await runCommand(['mv', '/run/health-new', unit === 'haproxy.service' ? '/etc/haproxy/haproxy.cfg' : '/etc/keepalived/keepalived.conf']);
  await runCommand(['systemctl', action, unit]).catch(() => undefined);
  return waitUntilLive({ facts, probes, deadlineMs: clock.monotonicMs() + 60_000, time });
}
process.stdout.write(JSON.stringify(asked === 'sample' ? await sample() : await live()));
process.exit(0);
`;

type Said = Readonly<Record<string, string>>;
type Lived = {
  readonly live: boolean;
  readonly failed: readonly { id: string; seen: string }[];
  readonly unproven: readonly string[];
};

const HAPROXY = '/etc/haproxy/haproxy.cfg';
const KEEPALIVED = '/etc/keepalived/keepalived.conf';
const hosts = HOSTS.map((n) => lab.host(n));
const [one, two, three] = hosts as [Host, Host, Host];
const good = new Map<Host, Readonly<Record<string, string>>>();

const ask = (host: Host, ...words: readonly string[]): unknown =>
  JSON.parse(
    host.run(['node', '/run/health-driver.mjs', words[0]!, String(host.n), ...words.slice(1)]).stdout,
  );
const said = (host: Host): Said => ask(host, 'sample') as Said;

/** Brings a configuration and has it read; what of it is live. */
function changed(host: Host, path: string, change: (old: string) => string, action = 'reload'): Lived {
  host.write('/run/health-new', change(host.read(path)), '0600');
  return ask(host, 'live', action, path === HAPROXY ? 'haproxy.service' : 'keepalived.service') as Lived;
}
const allWell = (): Promise<unknown> =>
  waitFor(
    'all checks of all hosts to pass',
    () => hosts.map(said),
    60_000,
    (all) => all.every((s) => Object.keys(s).length === 0),
  );

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  const program = readFileSync(bundled(folder, DRIVER), 'utf8');
  rmSync(folder, { recursive: true });
  for (const host of hosts) {
    host.run(['systemctl', 'stop', 'holdfast']);
    host.write('/run/health-driver.mjs', program);
    good.set(host, { [HAPROXY]: host.read(HAPROXY), [KEEPALIVED]: host.read(KEEPALIVED) });
  }
});
afterEach(async () => {
  for (const host of hosts) {
    host.shell(
      'iptables -D INPUT -p vrrp -j DROP; iptables -D INPUT -i eth0 -p tcp --dport 6443 -j REJECT; :',
    );
    const before = good.get(host)!;
    for (const [path, unit] of [
      [HAPROXY, 'haproxy'],
      [KEEPALIVED, 'keepalived'],
    ] as const)
      if (host.read(path) !== before[path]) {
        host.write(path, before[path]!, unit === 'keepalived' ? '0600' : '0644');
        host.shell(`systemctl reload ${unit} || systemctl restart ${unit}`);
      }
  }
  await allWell();
});
afterAll(() => {
  for (const host of hosts) host.run(['systemctl', 'start', 'holdfast']);
});

it('all is well on all hosts, and no password is left in /tmp', async () => {
  await allWell();
  for (const host of hosts) expect(host.shell('ls /tmp').stdout).not.toContain('keepalived');
});

describe('HAProxy', () => {
  it('a reload that works is live', () => {
    expect(changed(two, HAPROXY, (old) => `${old}# more\n`)).toMatchObject({ live: true, unproven: [] });
  });

  it('a reload with a bind that is taken is not, although systemd says success and the unit is active', () => {
    const lived = changed(two, HAPROXY, (old) =>
      old.replace('bind 127.0.0.1:7443', 'bind 127.0.0.1:7443\n  bind 10.1.1.2:6443'),
    );
    expect(lived.failed).toEqual([
      {
        id: 'live[haproxy.service]',
        seen: expect.stringMatching(
          /^the reload failed although systemd says it worked.*Address already in use.*10\.1\.1\.2:6443/,
        ),
      },
    ]);
    expect(said(two)).toEqual({});
  });

  it('servers at a port where nobody listens show at the virtual IP and on loopback', () => {
    changed(one, HAPROXY, (old) => old.replaceAll(/^( {2}server .*):6443$/gm, '$1:6444'));
    expect(Object.keys(said(one))).toEqual([
      'https[10.1.233.1:6443]/answers',
      'https[10.1.233.1:6443]/name',
      'https[127.0.0.1:7443]',
    ]);
    expect(said(two)).toHaveProperty(
      'https[10.1.233.1:6443]/answers',
      'the connection was closed without an answer',
    );
  });

  it('one that is stopped gives the virtual IP away', () => {
    one.run(['systemctl', 'stop', 'haproxy']);
    expect(said(one)).toMatchObject({
      'https[127.0.0.1:7443]': 'connection refused',
      'unit[haproxy.service]': 'inactive (dead)',
      'vrrp[10.1.233.1]': expect.stringContaining('FAULT'),
    });
    one.run(['systemctl', 'start', 'haproxy']);
  });
});

describe('keepalived', () => {
  it('a reload is live, also one that changes nothing', () => {
    expect(changed(two, KEEPALIVED, (old) => `${old}# more\n`)).toMatchObject({ live: true, unproven: [] });
  });

  it('a track script that always fails is live, and the instance is in FAULT', () => {
    one.write('/usr/local/sbin/never', '#!/bin/sh\nexit 1\n', '0755');
    const lived = changed(one, KEEPALIVED, (old) =>
      old
        .replace('global_defs {', 'global_defs {\n  enable_script_security\n  script_user nobody')
        .replace(
          'track_file balancer {',
          'vrrp_script never {\n  script /usr/local/sbin/never\n  interval 1\n}\ntrack_file balancer {',
        )
        .replace('  track_file {', '  track_script {\n    never\n  }\n  track_file {'),
    );
    expect(lived).toMatchObject({ live: true });
    expect(said(one)).toMatchObject({
      'vrrp[10.1.233.1]': expect.stringContaining('instance VI_1 is in FAULT'),
    });
  });

  it('one that falls on the reload and cannot start again is not live', () => {
    const lived = changed(three, KEEPALIVED, (old) => `${old}vrrp_instance X {\n`);
    expect(lived.failed).toEqual([
      {
        id: 'live[keepalived.service]',
        seen: expect.stringContaining('systemd has restarted it 3 times by itself'),
      },
    ]);
  });

  it('a host that no longer hears the adverts holds the address beside the MASTER, and both see it', async () => {
    three.run(['iptables', '-I', 'INPUT', '-p', 'vrrp', '-j', 'DROP']);
    await waitFor('two owners', lab.owners, 20_000, (owners) => owners.length === 2);
    for (const host of [one, three])
      expect(said(host)).toEqual({ 'vip[10.1.233.1]/alone': expect.stringContaining('two hosts hold it') });
  });
});

it('a MASTER that refuses all others sees nothing of it: that takes a peer', () => {
  one.run(['iptables', '-I', 'INPUT', '-i', 'eth0', '-p', 'tcp', '--dport', '6443', '-j', 'REJECT']);
  expect(said(one)).toEqual({});
  expect(said(two)).toHaveProperty('https[10.1.233.1:6443]/answers', 'connection refused');
});
