import { hostname, networkInterfaces } from 'node:os';
import type { Identity } from './host.ts';

/** Asked anew each time: a host can be renamed, and addresses come and go (the virtual IP above all). */
export function readIdentity(): Identity {
  return { hostname: shortHostname(hostname()), ...byInterface(networkInterfaces()) };
}

/** What Node lists, which lists an address that has a label under its label, and not under its interface. */
export function byInterface(
  listed: ReturnType<typeof networkInterfaces>,
): Pick<Required<Identity>, 'addresses' | 'networks'> {
  const addresses = new Map<string, readonly string[]>();
  const networks = new Map<string, readonly string[]>();
  for (const [shown, entries = []] of Object.entries(listed)) {
    const name = interfaceOf(shown, Object.keys(listed));
    const has = (map: typeof addresses, more: readonly string[]): void =>
      void map.set(name, [...(map.get(name) ?? []), ...more]);
    has(
      addresses,
      entries.map(({ address }) => address),
    );
    has(
      networks,
      entries.flatMap(({ cidr }) => cidr ?? []),
    );
  }
  return { addresses, networks };
}

/** IFNAMSIZ (netdevice(7)) without the NUL: for interfaces and labels alike. */
const LONGEST_NAME = 15;

/**
 * `eth0:vip` is a label of eth0; no interface has a colon in its name. In a label that is as long as can be the name may
 * be cut off, as the template's keepalived.conf does it: `enx00155da1:vip` of `enx00155da1b2c3`.
 */
function interfaceOf(shown: string, listed: readonly string[]): string {
  const [start = shown, label] = shown.split(':');
  if (label === undefined || listed.includes(start) || shown.length < LONGEST_NAME) return start;
  return listed.find((name) => !name.includes(':') && name.startsWith(start)) ?? start;
}

/** `Kubernetes-Node-1.home` and `kubernetes-node-1` are one node. */
export const shortHostname = (name: string): string => name.split('.')[0]!.toLowerCase();
