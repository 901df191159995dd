import { hostname, networkInterfaces } from 'node:os';
import type { Identity } from './host.ts';

/** Asked anew each time: a host can be renamed, and addresses come and go (the virtual IP above all). */
export function readIdentity(): Identity {
  const addresses = new Map<string, readonly string[]>();
  const networks = new Map<string, readonly string[]>();
  for (const [name, entries = []] of Object.entries(networkInterfaces())) {
    addresses.set(
      name,
      entries.map(({ address }) => address),
    );
    networks.set(
      name,
      entries.flatMap(({ cidr }) => cidr ?? []),
    );
  }
  return { hostname: shortHostname(hostname()), addresses, networks };
}

/** `Kubernetes-Node-1.home` and `kubernetes-node-1` are one node. */
export const shortHostname = (name: string): string => name.split('.')[0]!.toLowerCase();
