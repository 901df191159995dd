import { describe, expect, it } from 'vitest';
import type { LintProbes } from '../../../agent/host/lint-probes.ts';
import { hostLintGuard, type Memory } from '../../../agent/lints/on-host/guard.ts';
import { openStanding } from '../../../agent/lints/on-host/standing.ts';
import { plan } from '../../../agent/plan/plan.ts';
import { KINDS } from '../../../agent/resources/index.ts';
import type { Resource } from '../../../agent/resources/kind.ts';
import { candidate, file, reload, ROLE, unit, UNKNOWN, yaml } from '../../support/desired.ts';
import { FakeHost } from '../../support/fake-host.ts';

/** Which plans are looked at before they begin, and which are not. */

const CONF = '/etc/keepalived/keepalived.conf';
const CFG = '/etc/haproxy/haproxy.cfg';
const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const VIP = '10.1.233.1';
const conf = (more: { vip?: string; id?: number } = {}): string =>
  `vrrp_instance VI_1 {\n  virtual_router_id ${more.id ?? 51}\n  virtual_ipaddress {\n    ${more.vip ?? VIP} label eth0:vip\n  }\n}\n`;
const NGX = '/etc/nginx/nginx.conf';
const ngx = `stream {\n  server {\n    listen ${VIP}:6443;\n  }\n}\n`;
const cfg = `frontend api\n  bind ${VIP}:6443\n`;
const CLUSTER = {
  vip: VIP,
  apiPort: 6443,
  interface: 'eth0',
  vrrp: { routerId: 51, advertIntervalMs: 1_000 },
  nodes: [1, 2, 3].map((n) => ({ name: `kubernetes-node-${n}`, address: `10.1.1.${n}` })),
  health: { insecure: false },
};

/** A network where everything is wrong, and who was asked about it. */
function trouble(host: FakeHost) {
  const asked: string[] = [];
  const probes: LintProbes = {
    files: host.host().files,
    listeners: async (port) => {
      asked.push(`who listens on ${port}`);
      return [{ address: null, program: 'kube-apiserver', process: '1' }];
    },
    answering: async (_name, address) => {
      asked.push(`who has ${address}`);
      return { others: [address === VIP ? '52:54:00:00:00:01' : `02:00:00:00:00:0${address.at(-1)}`] };
    },
    adverts: async (_name, seconds) => {
      asked.push(`who speaks VRRP within ${seconds} s`);
      return { heard: [{ source: '10.1.0.9', version: 2, routerId: 51, priority: 1, addresses: [] }] };
    },
    addressesOf: async (name) => {
      asked.push(`where ${name} is`);
      return ['10.1.0.254'];
    },
    isClockSynchronised: async () => {
      asked.push('what time it is');
      return false;
    },
  };
  return { asked, probes };
}

async function guarded(
  host: FakeHost,
  resources: readonly Resource[],
  more: { memory?: Memory; committed?: boolean } = {},
) {
  const { asked, probes } = trouble(host);
  const said: string[] = [];
  const of = { ...candidate(host, 1, resources), cluster: CLUSTER };
  const known =
    more.committed === true
      ? { inventory: new Map(resources.map((one) => [one.id, { ...one, first: null }])), committed: of }
      : UNKNOWN;
  const made = await plan(of, known, KINDS, host.host());
  const guard = hostLintGuard({
    probes,
    remoteHost: 'git.home',
    clock: { now: () => 0, monotonicMs: () => 0 },
    sayOnce: (sentence) => said.push(sentence),
    memory: more.memory ?? new Map(),
  });
  const found = await guard(made);
  return {
    asked: asked.sort(),
    refused: found.map(({ id, why }) => `${id}: ${why.slice(0, 50)}`),
    said,
    full: found.map(({ why }) => why),
  };
}

describe('a plan', () => {
  it('that takes the virtual IP for the first time is held against the network', async () => {
    const host = new FakeHost();
    expect(await guarded(host, [file(host, CONF, conf())])).toMatchObject({
      asked: [
        'where git.home is',
        'who has 10.1.1.2',
        'who has 10.1.1.2',
        'who has 10.1.1.3',
        'who has 10.1.1.3',
        `who has ${VIP}`,
        `who has ${VIP}`,
        'who speaks VRRP within 4 s',
      ],
      refused: [
        `file[${CONF}]: 52:54:00:00:00:01 answers for 10.1.233.1 on eth0, `,
        `file[${CONF}]: 10.1.0.9 speaks VRRP with the VRID 51, and is none`,
      ],
      said: [],
    });
  });

  it('is refused at the line of cluster.yaml that says what somebody else has', async () => {
    const host = new FakeHost();
    const terms = {
      vip: { file: 'cluster.yaml', line: 2, column: 6 },
      routerId: { file: 'cluster.yaml', line: 4, column: 22 },
    };
    const of = { ...candidate(host, 1, [file(host, CONF, conf())]), cluster: CLUSTER };
    const guard = hostLintGuard({
      probes: trouble(host).probes,
      remoteHost: null,
      clock: { now: () => 0, monotonicMs: () => 0 },
      sayOnce: (sentence) => expect.fail(sentence),
      memory: new Map(),
    });
    const made = await plan(of, UNKNOWN, KINDS, host.host());
    const places = async (more: Partial<typeof of>) =>
      (await guard({ ...made, of: { ...of, ...more } })).map(({ at }) => at);
    expect(await places({ terms })).toEqual([terms.vip, terms.routerId]);
    // Rendered by an earlier release: then the file is named.
    expect(await places({})).toEqual([undefined, undefined]);
  });

  it('that takes part by unicast listens whether the node that holds the virtual IP speaks to it', async () => {
    const host = new FakeHost();
    const probes: LintProbes = {
      ...trouble(host).probes,
      answering: async (_name, address) => ({
        others: address === VIP || address === '10.1.1.2' ? ['02:00:00:00:00:02'] : [],
      }),
      adverts: async () => ({ heard: [] }),
    };
    const cluster = { ...CLUSTER, vrrp: { ...CLUSTER.vrrp, transport: 'unicast' } };
    const guard = hostLintGuard({
      probes,
      remoteHost: null,
      clock: { now: () => 0, monotonicMs: () => 0 },
      sayOnce: (sentence) => expect.fail(sentence),
      memory: new Map(),
    });
    const of = { ...candidate(host, 1, [file(host, CONF, conf())]), cluster };
    const said = await guard(await plan(of, UNKNOWN, KINDS, host.host()));
    expect(said).toEqual([
      {
        id: `file[${CONF}]`,
        why: expect.stringMatching(/^kubernetes-node-2 holds .* sends this host no adverts/) as string,
      },
    ]);
  });

  it('that waits for its turn does not ask for seconds in every cycle', async () => {
    const host = new FakeHost();
    const memory: Memory = new Map();
    const first = await guarded(host, [file(host, CONF, conf())], { memory });
    const second = await guarded(host, [file(host, CONF, conf())], { memory });
    expect(second.asked).toEqual(['where git.home is']);
    expect(second.refused).toEqual(first.refused);
  });

  it('that changes the VRID listens for others, and does not ask for the address that is in use', async () => {
    const host = new FakeHost().put(CONF, conf({ id: 50 }));
    const { asked, refused } = await guarded(host, [file(host, CONF, conf())]);
    expect(asked).toEqual(['who speaks VRRP within 4 s']);
    expect(refused).toHaveLength(1);
  });

  it.each([
    ['that changes something else of keepalived', conf(), `# a comment\n${conf()}`],
    ['that takes the virtual IP away', conf(), conf({ vip: '10.1.233.9' })],
  ])('%s asks nobody', async (_what, before, after) => {
    const host = new FakeHost().put(CONF, before);
    expect(await guarded(host, [file(host, CONF, after)])).toMatchObject({
      asked: [],
      refused: [],
      said: [],
    });
  });

  it('that puts drift right is not kept from what was done before', async () => {
    const host = new FakeHost();
    const { asked, refused } = await guarded(host, [file(host, CONF, conf())], { committed: true });
    expect({ asked, refused }).toEqual({ asked: [], refused: [] });
  });

  it.each([
    ['writes its configuration', (host: FakeHost) => [file(host, CFG, cfg)]],
    [
      'starts it',
      (host: FakeHost) => [file(host.put(CFG, cfg), CFG, cfg), unit('haproxy.service', { running: true })],
    ],
    [
      'tells it to reload for another file',
      (host: FakeHost) => [
        file(host.put(CFG, cfg), '/etc/haproxy/errors.http', '503', { notify: [reload('haproxy.service')] }),
      ],
    ],
    ['writes that of nginx', (host: FakeHost) => [file(host, NGX, ngx)]],
    [
      'starts nginx',
      (host: FakeHost) => [file(host.put(NGX, ngx), NGX, ngx), unit('nginx.service', { running: true })],
    ],
  ])('that %s is held against who listens there', async (_what, resources) => {
    const host = new FakeHost()
      .unit('haproxy.service', true, _what !== 'starts it')
      .unit('nginx.service', true, false);
    const { asked, refused } = await guarded(host, resources(host));
    expect(asked).toEqual(['who listens on 6443']);
    expect(refused).toEqual([expect.stringContaining('kube-apiserver listens on *:6443')]);
  });

  it('that gives the API server its own address as well goes on', async () => {
    const host = new FakeHost().put(MANIFEST, 'metadata:\n  name: kube-apiserver\n');
    const manifest = file(host, MANIFEST, 'metadata:\n  name: kube-apiserver\n# --bind-address=10.1.1.1\n');
    expect((await guarded(host, [file(host, CFG, cfg), manifest])).refused).toEqual([]);
  });

  it('whose entry for the manifest waits says what it waits for, not that there should be one', async () => {
    const host = new FakeHost().put(MANIFEST, 'spec:\n  containers: []\n');
    const address = 'spec.containers[name=kube-apiserver].command[--bind-address]';
    const manifest = yaml(MANIFEST, { [address]: '10.1.1.1' });
    const { asked, full } = await guarded(host, [file(host, CFG, cfg), manifest]);
    expect(asked).toEqual(['who listens on 6443']);
    expect(full).toEqual([expect.stringMatching(/under "yaml:", waits for .*name=kube-apiserver/)]);
  });

  it('that changes the manifest beside a backup of it is refused: kubelet may run the backup', async () => {
    const host = new FakeHost()
      .put(MANIFEST, 'metadata:\n  name: kube-apiserver\n')
      .put(`${MANIFEST}.bak`, 'metadata:\n  name: kube-apiserver\n');
    const { refused } = await guarded(host, [
      file(host, MANIFEST, 'metadata:\n  name: kube-apiserver\n# new\n'),
    ]);
    expect(refused).toEqual([expect.stringContaining(`${MANIFEST}.bak`)]);
  });
});

it('a lint that cannot look says so and stops nothing: it would stop the fix as well', async () => {
  const host = new FakeHost();
  const said: string[] = [];
  const { probes } = trouble(host);
  const broken = { ...probes, listeners: () => Promise.reject(new Error('"ss" exited with 1')) };
  const of = { ...candidate(host, 1, [file(host, CFG, cfg)]), cluster: CLUSTER };
  const guard = hostLintGuard({
    probes: broken,
    remoteHost: null,
    clock: { now: () => 0, monotonicMs: () => 0 },
    sayOnce: (sentence) => said.push(sentence),
    memory: new Map(),
  });
  expect(await guard(await plan(of, UNKNOWN, KINDS, host.host()))).toEqual([]);
  expect(said).toEqual([
    'It could not be seen whether the API server leaves the virtual IP to the load balancer: "ss" exited with 1',
  ]);
});

describe('while nothing changes', () => {
  const A_DAY_MS = 86_400_000;
  function standing(host: FakeHost) {
    const { asked, probes } = trouble(host);
    const time = { nowMs: 0 };
    const open = () =>
      openStanding({
        files: probes.files,
        probes: async () => probes,
        runtime: host.state,
        clock: { now: () => time.nowMs },
        remoteHost: 'git.home',
      });
    const of = { cluster: CLUSTER, role: ROLE };
    return { asked, time, open, of };
  }

  it('the host is looked at once a day, and what was found stands meanwhile', async () => {
    const { asked, time, open, of } = standing(new FakeHost());
    const look = open();
    const first = await look(of);
    expect(first).toEqual([expect.stringContaining('clock of this host is not synchronised')]);
    expect(asked.splice(0)).toEqual(['where git.home is', 'what time it is']);
    time.nowMs = A_DAY_MS - 1;
    expect(await look(of)).toEqual(first);
    expect(await open()(of)).toEqual(first);
    expect(asked).toEqual([]);
    time.nowMs = A_DAY_MS;
    await look(of);
    expect(asked).toEqual(['where git.home is', 'what time it is']);
  });

  it('it is looked at again as soon as the certificate, a manifest, or the virtual IP is another one', async () => {
    const host = new FakeHost();
    const { asked, open, of } = standing(host);
    const look = open();
    await look(of);
    asked.splice(0);
    host.put('/etc/kubernetes/pki/apiserver.crt', 'not yet');
    expect(await look(of)).toEqual([
      expect.stringContaining('is no certificate'),
      expect.stringContaining('clock'),
    ]);
    expect(asked.splice(0)).toEqual(['where git.home is', 'what time it is']);
    await look({ ...of, cluster: { ...CLUSTER, vip: '10.1.233.9' } });
    expect(asked).toEqual(['where git.home is', 'what time it is']);
  });
});
