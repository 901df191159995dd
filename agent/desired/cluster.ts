import type { ClusterFile } from './cluster-schema.ts';
import type { LoadBalancer } from './load-balancer.ts';

/** cluster.yaml as later steps read it: plain data without the password, whole numbers only, units in the names. */
export type Cluster = {
  readonly name: string;
  readonly vip: string;
  readonly apiPort: number;
  readonly interface: string;
  readonly vrrp: {
    readonly routerId: number;
    readonly version: 2 | 3;
    readonly advertIntervalMs: number;
    readonly transport: 'multicast' | 'unicast';
    readonly preempt: boolean;
  };
  readonly loadBalancer: LoadBalancer;
  /** The control plane, highest priority first: the first one is MASTER. */
  readonly nodes: readonly ClusterNode[];
  readonly workers: readonly ClusterWorker[];
  readonly health: Health;
  readonly rollout: Rollout;
};
export type ClusterNode = { readonly name: string; readonly address: string; readonly priority: number };
export type ClusterWorker = { readonly name: string; readonly address: string };

export type Health = {
  readonly withinMs: number;
  readonly consecutive: number;
  readonly ca: string;
  readonly baseline: 'excused' | 'strict';
  readonly insecure: boolean;
  readonly checks: Readonly<Record<string, HealthCheck>>;
};
/** Exactly one of these. `command`: one entry is a command line, several are its words. */
export type HealthCheck =
  | { readonly http: string }
  | { readonly tcp: string }
  | { readonly unit: string }
  | { readonly command: readonly string[] };

export type Rollout = {
  readonly settleMs: number;
  /** `null`: lowest priority first, MASTER last. */
  readonly order: readonly string[] | null;
  readonly unreachableMs: number;
  readonly strategy: 'turns' | 'together';
  /** Milliseconds since 1970. */
  readonly atMs: number | null;
  readonly allowMassRemoval: boolean;
};

/** Its own, or 101 minus the number at the end of the hostname; `null` when there is neither. Not yet known to be 1 to 254. */
export function priorityOf(name: string, own: number | undefined): number | null {
  if (own !== undefined) return own;
  const trailing = /\d+$/.exec(name)?.[0];
  return trailing === undefined ? null : 101 - Number(trailing);
}

/** Of a file in which `invariants.ts` found no error. */
export function clusterOf(file: ClusterFile): Cluster {
  const { vrrp } = file;
  const nodes = Object.entries(file.nodes).map(([name, { address, priority }]) => ({
    name,
    address,
    priority: priorityOf(name, priority) ?? 0,
  }));
  const workers = Object.entries(file.workers).map(([name, { address }]) => ({ name, address }));
  return {
    name: file.name,
    vip: file.vip,
    apiPort: file.apiPort,
    interface: file.interface,
    vrrp: {
      routerId: vrrp.routerId,
      version: vrrp.version,
      advertIntervalMs: Math.round(vrrp.advertInterval * 1000),
      transport: vrrp.transport,
      preempt: vrrp.preempt,
    },
    loadBalancer: file.loadBalancer,
    nodes: nodes.sort((a, b) => b.priority - a.priority),
    workers: workers.sort((a, b) => (a.name < b.name ? -1 : 1)),
    health: healthOf(file.health),
    rollout: rolloutOf(file.rollout),
  };
}

const healthOf = (health: ClusterFile['health']): Health => ({
  withinMs: health.within,
  consecutive: health.consecutive,
  ca: health.ca,
  baseline: health.baseline,
  insecure: health.insecure,
  checks: Object.fromEntries(Object.entries(health.checks).map(([name, check]) => [name, checkOf(check)])),
});

const rolloutOf = (rollout: ClusterFile['rollout']): Rollout => ({
  settleMs: rollout.settle,
  order: rollout.order ?? null,
  unreachableMs: rollout.unreachable,
  strategy: rollout.strategy,
  atMs: rollout.at ?? null,
  allowMassRemoval: rollout.allowMassRemoval,
});

/** The schema has seen to it that exactly one is given. */
function checkOf(check: ClusterFile['health']['checks'][string]): HealthCheck {
  if (check.http !== undefined) return { http: check.http };
  if (check.tcp !== undefined) return { tcp: check.tcp };
  if (check.unit !== undefined) return { unit: check.unit };
  return { command: check.command ?? [] };
}
