import { expect, test } from 'vitest';
import type { Cluster } from '../../../agent/desired/cluster.ts';
import { ownView } from '../../../agent/fleet/own-view.ts';
import { MANIFEST } from '../../../agent/health/manifest.ts';
import type { HttpAnswer, HttpAsked, Probes } from '../../../agent/host/probes.ts';

const CLUSTER = {
  vip: '10.1.233.1',
  apiPort: 6443,
  health: { ca: '/etc/kubernetes/pki/ca.crt', insecure: false },
} as unknown as Cluster;
const OWN = { address: '10.1.1.2', role: 'BACKUP' as const };

const well: HttpAnswer = { reply: { status: 200, body: 'ok' }, certificate: 'good' };
const refused: HttpAnswer = { reply: { failed: 'connection refused' }, certificate: 'unseen' };
const asked: HttpAsked[] = [];

function probes(of: (asked: HttpAsked) => HttpAnswer, held = false, hasManifest = true) {
  asked.length = 0;
  return {
    http: async (one: HttpAsked) => {
      asked.push(one);
      return of(one);
    },
    files: { stamp: async (path: string) => (path === MANIFEST && hasManifest ? '1' : null) },
    addresses: () => new Map([['eth0', held ? ['10.1.1.2', '10.1.233.1'] : ['10.1.1.2']]]),
  } as unknown as Probes;
}

test('a host says what it sees of the virtual IP and of its own API server', async () => {
  expect(
    await ownView(
      probes(() => well, true),
      CLUSTER,
      OWN,
    ),
  ).toEqual({
    vip: { held: true, answers: true, seen: null },
    apiServer: { ready: true, seen: null },
  });
  expect(asked.map(({ host, path }) => `${host}${path}`).sort()).toEqual([
    '10.1.1.2/readyz',
    '10.1.233.1/healthz',
  ]);
});

test('it has seen it before the peer that asks gives up', async () => {
  await ownView(
    probes(() => well),
    CLUSTER,
    OWN,
  );
  expect(asked.map(({ timeoutMs }) => timeoutMs)).toEqual([1_500, 1_500]);
});

test('what does not answer is said with the reason', async () => {
  const starting: HttpAnswer = {
    reply: { status: 500, body: '[-]etcd failed: reason withheld\n' },
    certificate: 'good',
  };
  const view = await ownView(
    probes(({ host }) => (host === '10.1.233.1' ? refused : starting)),
    CLUSTER,
    OWN,
  );
  expect(view).toEqual({
    vip: { held: false, answers: false, seen: 'connection refused' },
    apiServer: { ready: false, seen: 'HTTP 500: etcd failed: reason withheld' },
  });
});

test('before kubeadm, on a worker, and where it cannot be seen, the API server is unknown', async () => {
  const before = await ownView(
    probes(() => well, false, false),
    CLUSTER,
    OWN,
  );
  expect(before.apiServer).toEqual({
    ready: null,
    seen: expect.stringContaining('kubeadm has not run here') as string,
  });
  const worker = await ownView(
    probes(() => well),
    CLUSTER,
    { ...OWN, role: 'worker' },
  );
  expect(worker.apiServer).toEqual({ ready: null, seen: null });
  const broken = await ownView(
    probes(() => {
      throw new Error('Cannot read the CA.');
    }),
    CLUSTER,
    OWN,
  );
  expect(broken.vip).toEqual({ held: false, answers: null, seen: 'Cannot read the CA.' });
});
