import ipaddr from 'ipaddr.js';
import type { Identity } from '../host/host.ts';
import type { Sockets } from './lockout-sockets.ts';
import { familyOf, type Packet } from './lockout-verdict.ts';

/** Somebody who reaches this host, or could: what for, and the rule that would let them. */
export type Flow = { readonly what: string; readonly packet: Packet; readonly rule: string };

export type Cluster = {
  readonly addresses: Identity['addresses'];
  readonly interface: string;
  readonly vip: string;
  /** Addresses of the cluster's other nodes, workers included. */
  readonly peers: readonly string[];
  readonly apiPort: number;
  /** `null`: no VRRP instance here. `coming`: this plan starts keepalived. */
  readonly vrrp: {
    readonly transport: 'multicast' | 'unicast';
    readonly peers: readonly string[];
    readonly coming: boolean;
  } | null;
};

/** RFC 5798, 5.1.1.2 and 5.1.2.2. */
const VRRP_GROUP = { v4: '224.0.0.18', v6: 'ff02::12' } as const;

export function flows(sockets: Sockets, cluster: Cluster): readonly Flow[] {
  return [...sessions(sockets, cluster), ...peerPorts(sockets, cluster), ...adverts(sockets, cluster)];
}

export const isOwn = (address: string, { addresses }: Cluster): boolean =>
  ipaddr.parse(address).range() === 'loopback' || [...addresses.values()].flat().includes(address);

/** The interface that has the address, else the cluster's. */
const interfaceOf = (address: string, cluster: Cluster): string =>
  [...cluster.addresses].find(([, list]) => list.includes(address))?.[0] ?? cluster.interface;

/** Everybody who is logged in. */
function sessions({ established, sshPorts }: Sockets, cluster: Cluster): readonly Flow[] {
  return established.flatMap(({ local, peer }) => {
    if (!sshPorts.has(local.port) || local.address === null || peer.address === null) return [];
    return isOwn(peer.address, cluster) ? [] : [tcp('SSH', peer.address, local.address, local.port, cluster)];
  });
}

function peerPorts({ listening }: Sockets, cluster: Cluster): readonly Flow[] {
  const used = new Map([
    [2379, 'etcd'],
    [2380, 'etcd'],
    [10250, 'kubelet'],
    [cluster.apiPort, 'the Kubernetes API'],
  ]);
  const peers = cluster.peers.filter((peer) => !isOwn(peer, cluster));
  return listening
    .filter(({ port }) => used.has(port))
    .flatMap(({ address, port }) =>
      peers.flatMap((peer) =>
        ownAddresses({ address, port }, peer, cluster).map((to) =>
          tcp(used.get(port)!, peer, to, port, cluster),
        ),
      ),
    );
}

type Bound = { readonly address: string | null; readonly port: number | null };

/**
 * Where a peer reaches a socket: at its own address, or, bound to all of them, at the node's. The virtual IP is on one
 * host now and on another then: there peers look for the Kubernetes API, and for nothing of this node.
 */
function ownAddresses({ address: bound, port }: Bound, peer: string, cluster: Cluster): readonly string[] {
  const here = cluster.addresses.get(cluster.interface) ?? [];
  const nodes = here.filter((address) => address !== cluster.vip || port === cluster.apiPort);
  const all = bound === null ? nodes : [bound];
  return all.filter(
    (address) => ipaddr.parse(address).range() !== 'loopback' && familyOf(address) === familyOf(peer),
  );
}

/** In, and out: a BACKUP that may not send shows nothing of it until it is MASTER. */
function adverts({ keepalivedRuns }: Sockets, cluster: Cluster): readonly Flow[] {
  const { vrrp, interface: name } = cluster;
  if (vrrp === null || !(keepalivedRuns || vrrp.coming)) return [];
  return vrrp.peers
    .filter((peer) => !isOwn(peer, cluster))
    .flatMap((peer) => {
      const own = ownAddresses({ address: null, port: null }, peer, cluster)[0];
      const group = vrrp.transport === 'multicast' ? VRRP_GROUP[familyOf(peer)] : null;
      const to = group ?? own;
      const received = to === undefined ? [] : [advert(peer, to, name)];
      return own === undefined ? received : [...received, sent(advert(own, group ?? peer, name))];
    });
}

const advert = (from: string, to: string, name: string): Flow => ({
  what: 'VRRP',
  packet: { protocol: 'vrrp', from, to, port: null, interface: name },
  rule: `allow in on ${name} proto vrrp from ${from} to ${to}`,
});

const sent = ({ what, packet }: Flow): Flow => ({
  what,
  packet: { ...packet, way: 'out' },
  rule: `allow out on ${packet.interface} proto vrrp to ${packet.to}`,
});

const tcp = (what: string, from: string, to: string, port: number, cluster: Cluster): Flow => ({
  what,
  packet: { protocol: 'tcp', from, to, port, interface: interfaceOf(to, cluster) },
  rule: `allow from ${from} to any port ${port} proto tcp`,
});
