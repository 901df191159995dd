import type { Cluster } from './cluster.ts';
import type { Password } from './password.ts';
import type { Role } from './role.ts';
import type { Secrets } from './secrets.ts';

/** What templates call `it`. Absent is `null`, which may be asked for and may not be printed. */
export type TemplateContext = ReturnType<typeof templateContext>;

/** Whatever holds `it.vrrp.authPass`, or one of `it.secrets`, is secret. */
export const isSecretPath = (path: string): boolean =>
  path === 'it.vrrp.authPass' || /^it\.secrets[.[]/.test(path);

/** What a host may read, and who is told of each secret that it does read. */
export type Confided = {
  readonly password: Password | null;
  readonly secrets: Secrets;
  readonly onUse: (name: string) => void;
};

export function templateContext(cluster: Cluster, role: Role, { password, secrets, onUse }: Confided) {
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
      /** Asked for only where it is read: a host that does not use it need not be able to open it. */
      get authPass(): string | null {
        if (typeof password?.secret === 'string') onUse(password.secret);
        return password?.text() ?? null;
      },
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
    /** By name, as texts. */
    secrets: secretsByName(secrets, onUse),
  };
}

function secretsByName(secrets: Secrets, onUse: Confided['onUse']): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of secrets.names)
    Object.defineProperty(found, name, { enumerable: true, get: () => (onUse(name), secrets.text(name)) });
  return found;
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
  'secrets',
];
