import { describe, expect, it } from 'vitest';
import type { Check, Seen } from '../../../agent/health/check.ts';
import { checksFor, healthFacts, type HealthFacts } from '../../../agent/health/checks-for.ts';
import { insecureWarning } from '../../../agent/health/insecure.ts';
import { takeSample } from '../../../agent/health/sample.ts';
import type { Probes } from '../../../agent/host/probes.ts';
import { fakeTime } from './fake-time.ts';
import { ACTIVE, clusterWith, GOOD, instance, probesOf, REFUSED, VIP } from './probes.ts';

const facts = (more: Partial<HealthFacts> = {}): HealthFacts => ({
  cluster: clusterWith(),
  role: { hostname: 'pi-1', role: 'MASTER', priority: 100, address: '10.1.1.1' },
  units: ['haproxy.service', 'keepalived.service'],
  remoteCounts: false,
  ...more,
});
const WORKER = { hostname: 'pi-9', role: 'worker', priority: null, address: '10.1.1.9' } as const;

const words = (seen: Seen | undefined): string =>
  seen === undefined
    ? 'no such check'
    : seen.ok === true
      ? 'ok'
      : seen.ok === null
        ? `n/a: ${seen.why}`
        : seen.seen;

/** What each check says, the well ones left out. */
async function said(probes: Probes, asked: HealthFacts = facts()): Promise<Readonly<Record<string, string>>> {
  const time = fakeTime();
  time.now = 60_000;
  const { seen } = await takeSample(checksFor(asked, time.clock), probes, time);
  return Object.fromEntries(
    Object.entries(seen).flatMap(([id, one]) => (one.ok === true ? [] : [[id, words(one)]])),
  );
}
const ids = (asked: HealthFacts): readonly string[] =>
  checksFor(asked, fakeTime().clock).map(({ id }: Check) => id);

describe('which checks a host has', () => {
  it('a control plane node has all of them, and all pass where all is well', async () => {
    expect(ids(facts())).toEqual([
      'https[10.1.233.1:6443]/answers',
      'https[10.1.233.1:6443]/name',
      'apiserver[10.1.1.1:6443]',
      'https[127.0.0.1:7443]',
      'vrrp[10.1.233.1]',
      'vip[10.1.233.1]/here',
      'vip[10.1.233.1]/alone',
      'unit[haproxy.service]',
      'unit[keepalived.service]',
    ]);
    expect(await said(probesOf())).toEqual({});
  });

  it('a worker is a client of the virtual IP and nothing more', () => {
    expect(ids(facts({ role: WORKER, units: ['nginx.service'] }))).toEqual([
      'https[10.1.233.1:6443]/answers',
      'https[10.1.233.1:6443]/name',
      'unit[nginx.service]',
    ]);
  });

  it("adds the user's own, and none twice", () => {
    const checks = {
      dns: { tcp: '10.1.1.1:53' },
      web: { http: 'http://token@10.1.1.1/' },
      balancer: { unit: 'haproxy.service' },
      time: { unit: 'chrony.service' },
      disk: { command: ['/usr/local/bin/check-disk'] },
    };
    expect(
      ids(facts({ role: WORKER, cluster: clusterWith({ checks }), units: ['haproxy.service'] })).slice(2),
    ).toEqual(['unit[haproxy.service]', 'tcp[dns]', 'http[web]', 'unit[chrony.service]', 'command[disk]']);
  });

  it('asks the Git remote only when the change could have cut it off', () => {
    expect(ids(facts({ remoteCounts: true })).at(-1)).toBe('remote');
    expect(ids(facts())).not.toContain('remote');
  });

  it('leaves the certificate out where the user does not want it verified, and warns', () => {
    const cluster = clusterWith({ insecure: true });
    expect(ids(facts({ cluster }))).not.toContain('https[10.1.233.1:6443]/name');
    expect(insecureWarning(cluster)).toMatch(/^health\.insecure is true: .* Remove it from cluster\.yaml\.$/);
    expect(insecureWarning(clusterWith())).toBeNull();
  });
});

describe('what the virtual IP says', () => {
  it('refuses: neither answer nor name', async () => {
    expect(await said(probesOf({ http: async ({ host }) => (host === VIP ? REFUSED : GOOD) }))).toEqual({
      'https[10.1.233.1:6443]/answers': 'connection refused',
      'https[10.1.233.1:6443]/name': 'connection refused',
    });
  });

  it('answers under a certificate of others: the answer counts, the name does not', async () => {
    const problem = 'the certificate is for kubernetes, 10.1.1.1 and not for 10.1.233.1';
    const http: Probes['http'] = async ({ name }) =>
      name === VIP ? { ...GOOD, certificate: { problem } } : GOOD;
    expect(await said(probesOf({ http }))).toEqual({
      'https[10.1.233.1:6443]/name': problem,
      'https[127.0.0.1:7443]': problem,
    });
  });

  it.each([
    [
      'a health report',
      500,
      '[+]ping ok\n[-]etcd failed: reason withheld\n[-]log failed\n',
      'HTTP 500: etcd failed: reason withheld; log failed',
    ],
    [
      'a Status',
      403,
      '{"kind":"Status","message":"forbidden: User \\"system:anonymous\\"","code":403}',
      'HTTP 403: forbidden: User "system:anonymous"',
    ],
    ['plain words', 503, 'no API server is ready\n', 'HTTP 503: no API server is ready'],
    ['a page', 502, '<html>\n<body>bad</body>', 'HTTP 502'],
    ['nothing', 401, '', 'HTTP 401'],
  ])('is unwell and says why in %s', async (_, status, body, expected) => {
    const http: Probes['http'] = async ({ host }) =>
      host === VIP ? { ...GOOD, reply: { status, body } } : GOOD;
    expect(await said(probesOf({ http }))).toEqual({ 'https[10.1.233.1:6443]/answers': expected });
  });

  it('is asked once for both', async () => {
    const asked: string[] = [];
    const http: Probes['http'] = async ({ host }) => {
      asked.push(host);
      return GOOD;
    };
    await said(probesOf({ http }));
    expect(asked).toEqual([VIP, '10.1.1.1', '127.0.0.1']);
  });
});

describe('before kubeadm has run', () => {
  it('what needs its files makes no sense yet, and is no failure', async () => {
    const http: Probes['http'] = async () => ({ ...GOOD, certificate: 'noCa' });
    expect(
      await said(
        probesOf({
          files: [],
          http,
          units: {},
          vrrp: async () => ({ down: 'keepalived.service is inactive (dead)' }),
          addresses: {},
        }),
        facts({ units: [] }),
      ),
    ).toEqual({
      'https[10.1.233.1:6443]/name':
        'n/a: /etc/kubernetes/pki/ca.crt does not exist yet, so the certificate cannot be verified',
      'apiserver[10.1.1.1:6443]':
        'n/a: /etc/kubernetes/manifests/kube-apiserver.yaml does not exist: kubeadm has not run here',
      'https[127.0.0.1:7443]': 'n/a: /etc/kubernetes/pki/ca.crt does not exist: kubeadm has not run here',
      'vrrp[10.1.233.1]': 'n/a: keepalived.service is inactive (dead)',
      'vip[10.1.233.1]/here': 'n/a: keepalived does not say who is MASTER',
    });
  });
});

describe('this host’s own path', () => {
  const refused: Probes['http'] = async ({ host }) => (host === '127.0.0.1' ? REFUSED : GOOD);
  it('a HAProxy that has no bind on loopback is not judged by it', async () => {
    expect(await said(probesOf({ http: refused }))).toEqual({
      'https[127.0.0.1:7443]': 'n/a: haproxy.service does not listen on 127.0.0.1:7443',
    });
  });
  it('one that does not run is', async () => {
    const units = {
      'haproxy.service': { ...ACTIVE, ActiveState: 'failed', Result: 'exit-code', ExecMainStatus: '1' },
      'keepalived.service': ACTIVE,
    };
    expect(await said(probesOf({ http: refused, units }))).toEqual({
      'https[127.0.0.1:7443]': 'connection refused',
      'unit[haproxy.service]': 'failed: exit-code 1',
    });
  });
});

describe('VRRP', () => {
  const saying = (more: Parameters<typeof instance>[0], here = true): Probes =>
    probesOf({
      vrrp: async () => ({ instances: [instance(more)] }),
      addresses: here ? { eth0: [VIP] } : { lo: [VIP] },
    });
  it.each([
    ['MASTER with the address', saying({}), {}],
    ['BACKUP without it', saying({ state: 'BACKUP' }, false), {}],
    [
      'MASTER without it',
      saying({}, false),
      { 'vip[10.1.233.1]/here': 'this host is MASTER, and eth0 does not have 10.1.233.1' },
    ],
    [
      'BACKUP with it',
      saying({ state: 'BACKUP' }),
      { 'vip[10.1.233.1]/here': 'this host is not MASTER, and eth0 has 10.1.233.1' },
    ],
    [
      'FAULT',
      saying({ state: 'FAULT' }, false),
      { 'vrrp[10.1.233.1]': expect.stringMatching(/^instance VI_1 is in FAULT: a track script/) },
    ],
    ['INIT', saying({ state: 'INIT' }, false), { 'vrrp[10.1.233.1]': 'instance VI_1 is in state INIT' }],
    [
      'another address',
      saying({ addresses: ['10.1.233.9'] }, false),
      { 'vrrp[10.1.233.1]': 'keepalived has no instance for 10.1.233.1 (only VI_1: 10.1.233.9)' },
    ],
  ])('%s', async (_, probes, expected) => {
    expect(await said(probes)).toEqual(expected);
  });

  it('an address that keepalived left behind', async () => {
    expect(
      await said(probesOf({ vrrp: async () => ({ down: 'keepalived.service is failed (failed)' }) })),
    ).toEqual({
      'vrrp[10.1.233.1]': 'keepalived.service is failed (failed)',
      'vip[10.1.233.1]/here': 'eth0 has 10.1.233.1, and keepalived does not run to give it back',
    });
  });

  it('a second owner of the address', async () => {
    const otherOwners: Probes['otherOwners'] = async () => ({ others: ['02:00:0a:01:01:03'] });
    expect(await said(probesOf({ otherOwners }))).toEqual({
      'vip[10.1.233.1]/alone': '02:00:0a:01:01:03 answers for 10.1.233.1 as well: two hosts hold it',
    });
  });

  it('nobody can tell without arping', async () => {
    const otherOwners: Probes['otherOwners'] = async () => ({
      unknown: 'arping is not installed (Debian: iputils-arping)',
    });
    expect(await said(probesOf({ otherOwners }))).toEqual({
      'vip[10.1.233.1]/alone': 'n/a: arping is not installed (Debian: iputils-arping)',
    });
  });
});

describe('units', () => {
  const nginx = (more: Readonly<Record<string, string>>): Probes =>
    probesOf({ units: { 'nginx.service': { ...ACTIVE, ...more } } });
  const asked = facts({ role: WORKER, units: ['nginx.service'] });
  it.each([
    ['runs', {}, undefined],
    ['reloads', { ActiveState: 'reloading' }, undefined],
    ['starts', { ActiveState: 'activating', SubState: 'start' }, 'activating (start)'],
    [
      'crashes and comes back',
      { ActiveState: 'activating', SubState: 'auto-restart', Result: 'exit-code', ExecMainStatus: '2' },
      'activating (auto-restart): exit-code 2',
    ],
    [
      'has just come back',
      { NRestarts: '4', ActiveEnterTimestampMonotonic: '58800000' },
      'it has been up for 1.2 s; systemd has restarted it 4 times by itself',
    ],
    ['came back a while ago', { NRestarts: '4', ActiveEnterTimestampMonotonic: '50000000' }, undefined],
    ['was killed', { ActiveState: 'failed', Result: 'oom-kill' }, 'failed: oom-kill'],
    ['is unknown', { LoadState: 'not-found', ActiveState: 'inactive' }, 'systemd knows no such unit'],
  ])('%s', async (_, more, expected) => {
    expect((await said(nginx(more), asked))['unit[nginx.service]']).toBe(expected);
  });
});

describe("the user's checks", () => {
  const asking = (checks: HealthFacts['cluster']['health']['checks']): HealthFacts =>
    facts({ role: WORKER, units: [], cluster: clusterWith({ checks }) });

  it('a port that is closed', async () => {
    const tcp: Probes['tcp'] = async (host, port) =>
      host === 'fd00::1' && port === 53 ? { failed: 'connection refused' } : 'open';
    expect(await said(probesOf({ tcp }), asking({ dns: { tcp: '[fd00::1]:53' } }))).toEqual({
      'tcp[dns]': 'connection refused',
    });
  });

  it('a URL that is not 2xx', async () => {
    const http: Probes['http'] = async ({ path }) => ({
      certificate: 'good',
      reply: { status: path === '/a?b=c' ? 302 : 204, body: '' },
    });
    expect(
      await said(probesOf({ http }), asking({ web: { http: 'https://10.1.1.1:8443/a?b=c' } })),
    ).toMatchObject({ 'http[web]': 'HTTP 302' });
    expect(
      await said(probesOf({ http }), asking({ web: { http: 'https://10.1.1.1:8443/' } })),
    ).not.toHaveProperty('http[web]');
  });

  it("a URL whose certificate is one of the cluster's own", async () => {
    const http: Probes['http'] = async ({ caFile }) => ({
      ...GOOD,
      certificate: caFile === null ? { problem: 'unknown' } : 'good',
    });
    expect(await said(probesOf({ http }), asking({ web: { http: 'https://10.1.1.1/' } }))).toEqual({});
  });

  it('a URL whose certificate nobody knows', async () => {
    const http: Probes['http'] = async ({ host }) =>
      host === VIP ? GOOD : { ...GOOD, certificate: { problem: 'it expired' } };
    expect(await said(probesOf({ http }), asking({ web: { http: 'https://10.1.1.1/' } }))).toEqual({
      'http[web]': 'it expired',
    });
  });

  it('a command that fails is quoted; a command line is split without a shell', async () => {
    const command: Probes['command'] = async (argv) => ({
      ...(await probesOf().command(argv, 0)),
      exitCode: argv[1] === 'a b' ? 0 : 3,
      stderr: 'no DNS',
    });
    expect(
      await said(
        probesOf({ command }),
        asking({ good: { command: ["check 'a b'"] }, bad: { command: ['check', 'c'] } }),
      ),
    ).toEqual({
      'command[bad]': '"check c" failed with exit code 3: no DNS',
    });
  });

  it('a command line that only a shell would understand', async () => {
    expect(await said(probesOf(), asking({ pipe: { command: ['a | b'] } }))).toEqual({
      'command[pipe]': expect.stringContaining('no shell runs this command'),
    });
  });
});

describe('the Git remote', () => {
  const asked = facts({ role: WORKER, units: [], remoteCounts: true });
  it('that does not answer', async () => {
    const remote = {
      shown: 'git@git.home:state.git',
      ask: async () => Promise.reject(new Error('Connection timed out')),
    };
    expect(await said(probesOf({ remote }), asked)).toEqual({
      remote: 'git@git.home:state.git: Connection timed out',
    });
  });
});

it('counts a check that cannot be made as a failed one', async () => {
  const vrrp: Probes['vrrp'] = async () =>
    Promise.reject(new Error('Cannot read /tmp/keepalived.json: it is a link.'));
  expect(await said(probesOf({ vrrp }))).toMatchObject({
    'vrrp[10.1.233.1]': 'it could not be checked: Cannot read /tmp/keepalived.json: it is a link.',
  });
});

it('does not wait for ever for a check that hangs', async () => {
  const time = { ...fakeTime(), sleep: async () => {} };
  const [check] = checksFor(facts({ role: WORKER, units: [] }), time.clock);
  const http: Probes['http'] = () => new Promise(() => {});
  const { seen } = await takeSample([check!], probesOf({ http }), time);
  expect(words(seen[check!.id])).toBe('no verdict within 20 s');
});

describe('what the journal keeps', () => {
  it('is plain data of which the same checks are made', () => {
    const again = JSON.parse(JSON.stringify(facts({ remoteCounts: true }))) as HealthFacts;
    expect(ids(again)).toEqual(ids(facts({ remoteCounts: true })));
  });

  it('names the units that shall run and can, and whether the network is touched', () => {
    const unit = (name: string, spec: object) => ({ id: `unit[${name}]`, spec });
    const resources = [
      unit('b.service', { running: true }),
      unit('a.service', { running: true, enabled: true }),
      unit('off.service', { running: false }),
      unit('enabled.service', { enabled: true }),
      unit('later.service', { running: true }),
    ];
    const plan = (changed: readonly string[]) =>
      ({
        of: { cluster: facts().cluster, role: facts().role, resources },
        waiting: [{ id: 'unit[later.service]', why: 'it is masked' }],
        refused: [],
        changes: changed.map((id) => ({ id })),
      }) as unknown as Parameters<typeof healthFacts>[0];
    expect(healthFacts(plan([])).units).toEqual(['a.service', 'b.service']);
    const touching = (id: string): boolean => healthFacts(plan([id])).remoteCounts;
    expect(
      [
        'ufw[ufw]',
        'ufw-rules[ufw]',
        'sysctl[net.ipv4.ip_forward]',
        'file[/etc/netplan/1.yaml]',
        'unit[networking.service]',
      ].map(touching),
    ).toEqual([true, true, true, true, true]);
    expect(
      ['file[/etc/motd]', 'file[/etc/haproxy/haproxy.cfg]', 'unit[haproxy.service]', 'package[nginx]'].map(
        touching,
      ),
    ).toEqual([false, false, false, false]);
  });
});
