import type { FileOnDisk } from '../../../agent/host/host.ts';
import type { HttpAnswer, Probes, VrrpInstance } from '../../../agent/host/probes.ts';
import type { Cluster, Health } from '../../../agent/desired/cluster.ts';
import type { Role } from '../../../agent/desired/role.ts';
import { clusterOf } from '../../support/home-cluster.ts';

export const VIP = '10.1.233.1';

export const clusterWith = (health: Partial<Health> = {}): Cluster => clusterOf(['pi-1', 'pi-2'], health);

/** The host of these tests. */
export const HERE: { readonly cluster: Cluster; readonly role: Role } = {
  cluster: clusterWith(),
  role: { hostname: 'pi-1', role: 'MASTER', priority: 100, address: '10.1.1.1' },
};

export const GOOD: HttpAnswer = { reply: { status: 200, body: 'ok' }, certificate: 'good' };
export const REFUSED: HttpAnswer = { reply: { failed: 'connection refused' }, certificate: 'unseen' };

export const instance = (more: Partial<VrrpInstance> = {}): VrrpInstance => ({
  name: 'VI_1',
  state: 'MASTER',
  routerId: 51,
  priority: 100,
  addresses: [VIP],
  lastTransition: 1_795_395_168.09,
  ...more,
});

type Units = { readonly [unit: string]: Readonly<Record<string, string>> };

/** `systemctl show` of these units; the ones that are not named are unknown to systemd. */
const showing =
  (units: Units): Probes['live']['query'] =>
  async (argv: readonly string[]) => {
    const properties = argv[argv.indexOf('--property') + 1] ?? '';
    const names = argv.slice(argv.indexOf('--') + 1);
    const block = (name: string): string =>
      properties
        .split(',')
        .map((property) => `${property}=${units[name]?.[property] ?? UNKNOWN[property] ?? ''}`)
        .join('\n');
    return { exitCode: 0, stderr: '', stdout: `${names.map(block).join('\n\n')}\n` };
  };
const UNKNOWN: Readonly<Record<string, string>> = { LoadState: 'not-found', ActiveState: 'inactive' };

export const ACTIVE = {
  LoadState: 'loaded',
  ActiveState: 'active',
  SubState: 'running',
  Result: 'success',
  Type: 'notify',
  InvocationID: 'one',
  NRestarts: '0',
  ActiveEnterTimestampMonotonic: '1000000',
} as const;

/** A host on which all is well, but for what is said otherwise. */
export function probesOf(
  more: Partial<Omit<Probes, 'files' | 'live' | 'addresses'>> & {
    readonly files?: readonly string[];
    readonly texts?: Readonly<Record<string, string>>;
    readonly units?: Units;
    readonly addresses?: Readonly<Record<string, readonly string[]>>;
  } = {},
): Probes {
  const { files, texts = {}, units, addresses, ...others } = more;
  const paths = files ?? ['/etc/kubernetes/pki/ca.crt', '/etc/kubernetes/manifests/kube-apiserver.yaml'];
  const file = (path: string): FileOnDisk => ({
    content: { sha256: path, size: 1 },
    mode: 0o644,
    owner: 'root',
    group: 'root',
  });
  return {
    http: async () => GOOD,
    tcp: async () => 'open',
    vrrp: async () => ({ instances: [instance()] }),
    haproxy: async () => ({ reloads: 0, failed: 0, workerOfLastReload: true, alerts: [] }),
    nginx: async () => ({ workers: ['71/5321'] }),
    listeners: async () => [{ address: '10.1.1.1', program: 'kube-apiserver', process: 'boot/812/5321' }],
    otherOwners: async () => ({ others: [] }),
    command: async (argv) => ({
      argv,
      exitCode: 0,
      signal: null,
      stdout: '',
      stderr: '',
      timedOutAfterMs: null,
      tooMuchOutput: false,
      notStarted: null,
    }),
    remote: null,
    live: {
      query: showing(units ?? { 'haproxy.service': ACTIVE, 'keepalived.service': ACTIVE }),
      kernel: async () => null,
    },
    files: {
      stamp: async (path) => (paths.includes(path) ? 'here' : null),
      read: async (path) => (path in texts ? file(path) : null),
      text: ({ sha256 }) => texts[sha256] ?? '',
    },
    addresses: () => new Map(Object.entries(addresses ?? { eth0: ['10.1.1.1', VIP] })),
    ...others,
  };
}
