import type { Identity } from '../host/host.ts';
import type { Cluster } from './cluster.ts';
import { didYouMean } from './did-you-mean.ts';
import { isInNetwork } from './network.ts';

/** What this host is in the cluster. */
export type Role = {
  readonly hostname: string;
  readonly role: 'MASTER' | 'BACKUP' | 'worker';
  /** VRRP priority, 1 to 254; `null` for a worker. */
  readonly priority: number | null;
  readonly address: string;
};

/** The files that speak of a host, the most general first. */
export function layersOf(
  { role, hostname }: Pick<Role, 'role' | 'hostname'>,
  { loadBalancer = 'haproxy' }: Partial<Pick<Cluster, 'loadBalancer'>>,
): readonly string[] {
  const roles =
    role === 'worker' ? ['worker'] : ['control-plane', loadBalancer, role === 'MASTER' ? 'master' : 'backup'];
  return ['defaults.yaml', ...roles.map((name) => `roles/${name}.yaml`), `hosts/${hostname}.yaml`];
}

/**
 * The hostname finds the host in the cluster, and the address proves that it is this one: a cloned card has another's
 * hostname. `checkAddress: false` is for an image at rest and for rendering another host's files.
 */
export function roleOf(
  cluster: Cluster,
  identity: Identity,
  options: { readonly checkAddress: boolean },
): { readonly role: Role } | { readonly noDesiredState: string } {
  const role = listedRole(cluster, identity.hostname);
  if (role === null) return { noDesiredState: notListed(cluster, identity.hostname) };
  const problem = options.checkAddress ? addressProblem(cluster, role, identity) : null;
  return problem === null ? { role } : { noDesiredState: problem };
}

/** The role of a name in the cluster, whoever asks. */
export function listedRole(cluster: Cluster, hostname: string): Role | null {
  const position = cluster.nodes.findIndex(({ name }) => name === hostname);
  const node = cluster.nodes[position];
  if (node)
    return {
      hostname,
      role: position === 0 ? 'MASTER' : 'BACKUP',
      priority: node.priority,
      address: node.address,
    };
  const worker = cluster.workers.find(({ name }) => name === hostname);
  return worker ? { hostname, role: 'worker', priority: null, address: worker.address } : null;
}

const namesOf = ({ nodes, workers }: Cluster): readonly string[] =>
  [...nodes, ...workers].map(({ name }) => name);

/** For somebody who asks for another host than the one this runs on. */
export const namesNoHost = (cluster: Cluster, hostname: string): string =>
  `cluster.yaml names no host ${hostname}, only ${namesOf(cluster).join(', ')}.${didYouMean(hostname, namesOf(cluster))}`;

function notListed(cluster: Cluster, hostname: string): string {
  const names = namesOf(cluster);
  return `This host is called ${hostname}, and cluster.yaml names only ${names.join(', ')}.${didYouMean(hostname, names)} Nothing is changed here until the repository names this host, or the host has one of these names.`;
}

function addressProblem(cluster: Cluster, { hostname, address }: Role, identity: Identity): string | null {
  const here = identity.addresses.get(cluster.interface);
  if (here?.includes(address)) return null;
  const expected = `cluster.yaml gives ${hostname} the address ${address} on ${cluster.interface}`;
  const end = 'Nothing is changed here until the two agree.';
  if (here === undefined) {
    const interfaces = [...identity.addresses.keys()].filter((name) => name !== 'lo');
    return `${expected}, and this host has no interface of that name${interfaces.length === 0 ? '' : `, only ${interfaces.join(', ')}`}. ${end}`;
  }
  const elsewhere = [...identity.addresses].find(([, addresses]) => addresses.includes(address))?.[0];
  if (elsewhere !== undefined) return `${expected}, and this host has it on ${elsewhere}. ${end}`;
  const found = here.length === 0 ? 'no address' : here.join(', ');
  const owner = [...cluster.nodes, ...cluster.workers].find((other) => here.includes(other.address));
  const guess = owner
    ? ` That is the address of ${owner.name}: is this a copied card that still has the other hostname?`
    : ' Is this a copied card, or has its address changed?';
  return `${expected}, and ${cluster.interface} has ${found} here.${guess} ${end}`;
}

/**
 * Why the VIP cannot be reached on this control plane node: no network of the interface holds it, and `keepalived -t`
 * has nothing against that. The VIP itself, which the MASTER has as an address of its own, proves nothing. `null`: all
 * is well, or the networks are not known. A worker never holds the VIP, and may reach it through a router.
 */
export function vipProblem(cluster: Cluster, { role }: Role, identity: Identity): string | null {
  const here = identity.networks?.get(cluster.interface);
  if (role === 'worker' || here === undefined) return null;
  const networks = here.filter((cidr) => !cidr.includes(':') && cidr.split('/')[0] !== cluster.vip);
  if (networks.some((cidr) => isInNetwork(cluster.vip, cidr))) return null;
  return `${cluster.vip} is outside the network of ${cluster.interface} on this host (${networks.join(', ')}), so nobody could reach it. Choose a free address of that network, or mend the host's prefix length.`;
}
