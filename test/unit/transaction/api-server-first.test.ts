import { expect, test } from 'vitest';
import type { LiveFact } from '../../../agent/health/live-fact.ts';
import { file, reload, unit, yaml } from '../../support/desired.ts';
import { FakeCycle } from '../../support/fake-cycle.ts';
import { FakeHost } from '../../support/fake-host.ts';

/** HAProxy's bind on the virtual IP and an API server that listens on all addresses exclude each other. */

const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const CFG = '/etc/haproxy/haproxy.cfg';
const FOUND = 'c:\n- kube-apiserver\n';
const API_SERVER: LiveFact = {
  apiServer: { address: '10.1.1.1', apiPort: 6443, health: { ca: '/ca.crt', insecure: false } },
  processes: ['old'],
  was: 'ready',
  shallRun: true,
  kubelet: 'runs',
};

function cycleOf(live: readonly LiveFact[], isRunning = true): FakeCycle {
  const host = new FakeHost().put(MANIFEST, FOUND, 0o600).put(CFG, 'old\n');
  host.unit('haproxy.service', isRunning, isRunning, { reads: [CFG] });
  const cycle = new FakeCycle(host);
  cycle.health.live = live;
  return cycle.commit(1, [
    yaml(MANIFEST, { 'c[--bind-address]': '10.1.1.1' }),
    file(host, CFG, 'new\n', { notify: [reload('haproxy.service')] }),
    unit('haproxy.service', { enabled: true, running: true }, { requires: [`file[${CFG}]`] }),
  ]);
}
const order = ({ host }: FakeCycle, first: RegExp, second: RegExp): boolean =>
  host.power.boundaries.findIndex((at) => first.test(at)) <
  host.power.boundaries.findIndex((at) => second.test(at));

test.each([
  ['reads its configuration', true, /systemctl reload/],
  ['is started', false, /systemctl (start|enable)/],
])('HAProxy %s only when the API server runs with its new manifest', async (_what, isRunning, step) => {
  const cycle = cycleOf([API_SERVER], isRunning);
  await cycle.run();
  expect(cycle.health.asked).toEqual(['look', 'live', 'live', 'gate']);
  expect(order(cycle, /write .*manifests/, /health: live/)).toBe(true);
  expect(order(cycle, /health: live/, step)).toBe(true);
});

test('nginx is started only when the API server runs with its new manifest', async () => {
  const host = new FakeHost().put(MANIFEST, FOUND, 0o600);
  host.unit('nginx.service', false, false, { reads: [] });
  const cycle = new FakeCycle(host);
  cycle.health.live = [API_SERVER];
  cycle.commit(1, [
    yaml(MANIFEST, { 'c[--bind-address]': '10.1.1.1' }),
    unit('nginx.service', { enabled: true, running: true }),
  ]);
  await cycle.run();
  expect(order(cycle, /health: live/, /systemctl (start|enable)/)).toBe(true);
});

test('where the manifest stays as it is, HAProxy is not kept waiting', async () => {
  const cycle = cycleOf([]);
  await cycle.run();
  expect(cycle.health.asked).toEqual(['look', 'live', 'gate']);
});

test('an API server that does not come takes the change back before HAProxy has heard of it', async () => {
  const cycle = cycleOf([API_SERVER]);
  cycle.health.lived = () => ({
    live: false,
    failed: [
      { id: 'live[kube-apiserver]', seen: 'not within 300 s: no API server listens on 10.1.1.1:6443' },
    ],
    unproven: [],
    tookMs: 300_000,
  });
  await cycle.run();
  expect(cycle.said.join('\n')).toContain(
    'was taken back, 0.0 s after it was begun: live[kube-apiserver]: not within 300 s: no API server listens on 10.1.1.1:6443',
  );
  expect(cycle.host.text(MANIFEST)).toBe(FOUND);
  expect(cycle.host.log.join('\n')).not.toContain('systemctl');
});
