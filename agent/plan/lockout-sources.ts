import ipaddr from 'ipaddr.js';
import { optionsOf, type Chains } from '../resources/ufw-chains.ts';
import { allRules, familyOf, type Packet } from './lockout-verdict.ts';

/** Nobody's addresses (RFC 5737, RFC 3849): they stand for the world at large. */
const STRANGERS = ['198.51.100.7', '2001:db8::7'];

/**
 * Those who might reach one of `sockets`: the ends of every network that a rule speaks of, on every interface that one
 * names, because an allow that an earlier deny swallows whole lets nobody in.
 */
export function whoMightReach(
  sockets: readonly { readonly to: string; readonly port: number; readonly interface: string }[],
  neighbours: readonly string[],
  chains: Chains,
): readonly Packet[] {
  const options = allRules(chains).flatMap(optionsOf);
  const named = (what: string): readonly string[] =>
    options.filter(({ name, negated }) => name === what && !negated).flatMap(({ value }) => value.split(','));
  const sources = [...new Set([...STRANGERS, ...neighbours, ...named('source').flatMap(endsOf)])];
  const interfaces = named('in-interface')
    .map((name) => name.replace('+', '0'))
    .filter((name) => name !== 'lo');
  return sockets.flatMap(({ to, port, interface: own }) =>
    sources
      .filter((from) => familyOf(from) === familyOf(to))
      .flatMap((from) =>
        [...new Set([own, ...interfaces])].map((name): Packet => ({
          protocol: 'tcp',
          from,
          to,
          port,
          interface: name,
        })),
      ),
  );
}

/** A network's first and last host. */
function endsOf(network: string): readonly string[] {
  const [host = '', bits] = network.split('/');
  if (!ipaddr.isValid(host) || ipaddr.parse(host).range() === 'loopback') return [];
  if (bits === undefined) return [host];
  const parser = ipaddr.parse(host).kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  const first = parser.networkAddressFromCIDR(network).toByteArray();
  const size = first.length * 8 - Number(bits);
  if (size < 2) return [host];
  const last = first.map((byte, i) => byte | (0xff >> Math.min(8, Math.max(0, Number(bits) - i * 8))));
  first[first.length - 1]! |= 1;
  last[last.length - 1]! &= 0xfe;
  return [first, last].map((bytes) => ipaddr.fromByteArray(bytes).toString());
}
