import type { Cluster, Health } from '../../agent/desired/cluster.ts';

/** What cluster.yaml says of this many Pis where it says no more than it must; the first one is the MASTER. */
export const clusterOf = (names: readonly string[], health: Partial<Health> = {}): Cluster => ({
  name: 'home',
  vip: '10.1.233.1',
  apiPort: 6443,
  interface: 'eth0',
  vrrp: { routerId: 51, version: 2, advertIntervalMs: 1_000, transport: 'multicast', preempt: true },
  loadBalancer: 'haproxy',
  nodes: names.map((name, at) => ({ name, address: `10.1.1.${at + 1}`, priority: 100 - at })),
  workers: [],
  health: {
    withinMs: 60_000,
    consecutive: 3,
    ca: '/etc/kubernetes/pki/ca.crt',
    baseline: 'excused',
    insecure: false,
    checks: {},
    ...health,
  },
  rollout: {
    settleMs: 10_000,
    order: null,
    unreachableMs: 600_000,
    strategy: 'turns',
    atMs: null,
    allowMassRemoval: false,
  },
});
