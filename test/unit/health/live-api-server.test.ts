import { describe, expect, it } from 'vitest';
import { apiServerFact, apiServerNow, proveApiServer } from '../../../agent/health/live-api-server.ts';
import type { ApiServerFact } from '../../../agent/health/live-fact.ts';
import { MANIFEST } from '../../../agent/health/manifest.ts';
import type { Listener, Probes } from '../../../agent/host/probes.ts';
import { ACTIVE, clusterWith, HERE, probesOf, REFUSED } from './probes.ts';
import { API_FACT, inShort } from './proof.ts';

const PLAN = {
  changes: [{ id: `yaml[${MANIFEST}]`, from: { port: 1 }, to: { port: 2 } }],
} as unknown as Parameters<typeof apiServerFact>[0];
const fact = (more: Partial<ApiServerFact> = {}): ApiServerFact => ({ ...API_FACT, ...more });
type Now = Parameters<typeof proveApiServer>[1];
const now = (more: Partial<Now> = {}): Now => ({
  processes: ['new'],
  ready: { ok: true },
  kubelet: 'runs',
  ...more,
});
const unready = (seen: string): Now['ready'] => ({ ok: false, seen });

describe('an API server whose manifest has changed', () => {
  it.each<[string, Partial<ApiServerFact>, Partial<Now>, string]>([
    ['is new and ready', {}, {}, 'live'],
    [
      'is still the old one, ready as ever',
      {},
      { processes: ['old'] },
      'waiting: the API server from before the change still listens on 10.1.1.1:6443',
    ],
    [
      'shares its port with the old one for a while',
      {},
      { processes: ['old', 'new'] },
      'waiting: the API server from before the change still listens on 10.1.1.1:6443',
    ],
    [
      'has ended, and no new one has come',
      {},
      { processes: [], ready: unready('connection refused') },
      'waiting: no API server listens on 10.1.1.1:6443',
    ],
    [
      'begins to listen between two questions',
      {},
      { processes: [] },
      'waiting: no API server listens on 10.1.1.1:6443',
    ],
    [
      'is new and starts',
      {},
      { ready: unready('HTTP 500: etcd failed') },
      'waiting: the new API server is not ready: HTTP 500: etcd failed',
    ],
    [
      'cannot be verified, for there is no CA',
      {},
      { ready: { ok: null, why: 'ca.crt does not exist yet' } },
      'live, unproven: ca.crt does not exist yet',
    ],
    [
      'is new and does not recover from what was wrong before',
      { was: { unwell: 'HTTP 500: etcd failed' } },
      { ready: unready('HTTP 500: etcd failed') },
      'waiting: the new API server is not ready: HTTP 500: etcd failed (excuse: it was not well before the change either (HTTP 500: etcd failed))',
    ],
    ['comes where there was none', { processes: [], was: 'absent' }, {}, 'live'],
    [
      'has not come where there was none',
      { processes: [], was: 'absent' },
      { processes: [], ready: unready('connection refused') },
      'waiting: no API server listens on 10.1.1.1:6443',
    ],
    [
      'has nobody who would start it',
      { processes: [], was: 'absent', kubelet: 'unknown' },
      { processes: [], ready: unready('connection refused'), kubelet: 'unknown' },
      'live, unproven: no API server listens on 10.1.1.1:6443, and no kubelet runs here to see to it',
    ],
    [
      'goes on while kubelet is stopped',
      { kubelet: 'stopped' },
      { processes: ['old'], kubelet: 'stopped' },
      'live, unproven: the API server from before the change still listens on 10.1.1.1:6443, and no kubelet runs here to see to it',
    ],
    [
      'goes on while kubelet, stopped before, is started',
      { kubelet: 'stopped' },
      { processes: ['old'] },
      'waiting: the API server from before the change still listens on 10.1.1.1:6443',
    ],
    [
      'goes on because the change has ended kubelet',
      {},
      { processes: ['old'], kubelet: 'stopped' },
      'waiting: the API server from before the change still listens on 10.1.1.1:6443',
    ],
    [
      'is run by something else than kubelet.service',
      { kubelet: 'unknown' },
      { processes: ['old'], kubelet: 'unknown' },
      'waiting: the API server from before the change still listens on 10.1.1.1:6443',
    ],
    [
      'is not to be seen, before or after',
      { processes: [] },
      { processes: [] },
      'live, unproven: it is ready, and who listens on 10.1.1.1:6443 is not to be seen',
    ],
    [
      'still runs without a manifest',
      { shallRun: false },
      { processes: ['old'] },
      'waiting: the API server still listens on 10.1.1.1:6443, without a manifest',
    ],
    [
      'has ended with its manifest',
      { shallRun: false },
      { processes: [], ready: unready('refused') },
      'live',
    ],
  ])('that %s', (_, before, after, expected) => {
    expect(inShort(proveApiServer(fact(before), now(after)))).toBe(expected);
  });
});

const listening =
  (...listeners: readonly (readonly [string | null, string, string])[]): Probes['listeners'] =>
  async () =>
    listeners.map(([address, program, process]): Listener => ({ address, program, process }));
const KUBELET = { 'kubelet.service': ACTIVE };

describe('what is known of an API server', () => {
  it('is plain data, no more than is needed, for the journal', async () => {
    const probes = probesOf({ units: KUBELET, listeners: listening(['10.1.1.1', 'kube-apiserver', 'old']) });
    const known = await apiServerFact(PLAN, probes, HERE);
    expect(JSON.parse(JSON.stringify(known))).toEqual(fact());
  });

  it('is who listens at its address or at all of them, and not HAProxy', async () => {
    const listeners = listening(
      [null, 'haproxy', 'balancer'],
      ['10.1.233.1', 'kube-apiserver', 'elsewhere'],
      [null, 'kube-apiserver', 'all'],
      ['10.1.1.1', 'kube-apiserver', 'all'],
      ['10.1.1.1', 'kube-apiserver', 'here'],
    );
    expect(await apiServerNow(fact().apiServer, probesOf({ listeners }))).toMatchObject({
      processes: ['all', 'here'],
    });
  });

  it('is asked for its readiness only after who listens, or the old one could answer for the new one', async () => {
    const asked: string[] = [];
    const probes = probesOf({
      listeners: async () => {
        asked.push('listeners');
        return [];
      },
      http: async ({ path }) => {
        asked.push(path);
        return REFUSED;
      },
    });
    await apiServerNow(fact().apiServer, probes);
    expect(asked).toEqual(['listeners', '/readyz']);
  });

  it.each([
    [{ ActiveState: 'active' }, 'runs'],
    [{ ActiveState: 'activating' }, 'runs'],
    [{ ActiveState: 'inactive' }, 'stopped'],
    [{ ActiveState: 'failed' }, 'stopped'],
    [null, 'unknown'],
  ] as const)('kubelet, as systemd shows it: %j is %s', async (shown, expected) => {
    const units = shown === null ? {} : { 'kubelet.service': { ...ACTIVE, ...shown } };
    expect(await apiServerFact(PLAN, probesOf({ units }), HERE)).toMatchObject({ kubelet: expected });
  });

  it('a kubelet that ran is not asked again: it must do its work', async () => {
    expect(await apiServerNow(fact().apiServer, probesOf(), 'runs')).toMatchObject({ kubelet: 'runs' });
  });

  it('says what was wrong with it before', async () => {
    const probes = probesOf({ http: async () => REFUSED, listeners: async () => [] });
    expect(await apiServerFact(PLAN, probes, HERE)).toMatchObject({
      processes: [],
      was: { unwell: 'connection refused' },
    });
  });

  it('is that there was none, or that there is to be none, when its manifest comes or goes', async () => {
    const file = { content: { sha256: 'one', size: 1 }, mode: 0o600, owner: 'root', group: 'root' };
    const plan = (from: object | null, to: object | null): typeof PLAN =>
      ({ changes: [{ id: `file[${MANIFEST}]`, from, to }] }) as unknown as typeof PLAN;
    const probes = probesOf({ http: async () => REFUSED });
    expect(await apiServerFact(plan(null, file), probes, HERE)).toMatchObject({
      was: 'absent',
      shallRun: true,
    });
    expect(await apiServerFact(plan(file, null), probes, HERE)).toMatchObject({
      was: { unwell: 'connection refused' },
      shallRun: false,
    });
  });

  it('is nothing on a worker, and nothing when its manifest stays', async () => {
    const worker = {
      cluster: clusterWith(),
      role: { ...HERE.role, role: 'worker' as const, priority: null },
    };
    expect(await apiServerFact(PLAN, probesOf(), worker)).toBeNull();
    expect(await apiServerFact({ changes: [] }, probesOf(), HERE)).toBeNull();
  });
});
