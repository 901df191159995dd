import type { Cluster } from './cluster.ts';
import type { Role } from './role.ts';

/** What templates call `it`. Absent is `null`, which may be asked for and may not be printed. */
export type TemplateContext = ReturnType<typeof templateContext>;

/** `it.vrrp.authPass`: whatever holds it is secret. */
export const SECRET_PATH = 'it.vrrp.authPass';

export function templateContext(cluster: Cluster, role: Role, authPass: string | null) {
  const nodes = cluster.nodes.map(({ name, address, priority }) => ({ name, address, priority }));
  return {
    cluster: {
      name: cluster.name,
      vip: cluster.vip,
      apiPort: cluster.apiPort,
      interface: cluster.interface,
    },
    vrrp: {
      routerId: cluster.vrrp.routerId,
      version: cluster.vrrp.version,
      /** Seconds, as keepalived's advert_int takes them. */
      advertInterval: cluster.vrrp.advertIntervalMs / 1000,
      transport: cluster.vrrp.transport,
      preempt: cluster.vrrp.preempt,
      authPass,
    },
    node: {
      name: role.hostname,
      address: role.address,
      role: role.role,
      priority: role.priority,
      /** keepalived's `state`; a worker has none. */
      state: role.role === 'worker' ? null : role.role,
    },
    /** The control plane, highest priority first. */
    nodes,
    /** The control plane without this node. */
    peers: nodes.filter(({ name }) => name !== role.hostname),
    workers: cluster.workers.map(({ name, address }) => ({ name, address })),
    health: {
      ca: cluster.health.ca,
      insecure: cluster.health.insecure,
      consecutive: cluster.health.consecutive,
      withinMs: cluster.health.withinMs,
    },
  };
}

/** For sentences about a forgotten "it.". */
export const CONTEXT_NAMES: readonly (keyof TemplateContext)[] = [
  'cluster',
  'vrrp',
  'node',
  'nodes',
  'peers',
  'workers',
  'health',
];
