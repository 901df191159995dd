import ipaddr from 'ipaddr.js';
import { addressOf } from './ufw-address.ts';
import { optionsOf, type ChainRule } from './ufw-chains.ts';

/** What decides which packets a rule of ufw's own takes. The rest (limits, comments) is spelled differently by the kernel. */
const COMPARED = new Set([
  'in-interface',
  'out-interface',
  'protocol',
  'source',
  'destination',
  'dport',
  'sport',
  'dports',
  'sports',
  'ctstate',
  'update',
]);

/** Protocols have names only where /etc/protocols has them. */
const PROTOCOLS: Readonly<Record<string, string>> = {
  '1': 'icmp',
  '2': 'igmp',
  '6': 'tcp',
  '17': 'udp',
  '41': 'ipv6',
  '47': 'gre',
  '50': 'esp',
  '51': 'ah',
  '58': 'ipv6-icmp',
  '112': 'vrrp',
};
export const protocolName = (word: string): string =>
  PROTOCOLS[word] ?? (word === 'icmpv6' ? 'ipv6-icmp' : word);

/** A rule's meaning as sorted words: equal for a line of ufw's files and for what the kernel says it became. */
export function matchWords(rule: ChainRule): readonly string[] {
  const said = optionsOf(rule)
    .filter(({ name, value }) => COMPARED.has(name) && !(name === 'protocol' && value === 'all'))
    .map(({ name, value, negated }) => `${negated ? '!' : ''}${name}=${normal(name, value)}`);
  return [...said.toSorted(), `→ ${rule.target}`];
}

function normal(name: string, value: string): string {
  if (name === 'source' || name === 'destination') return networkOf(value);
  if (name === 'protocol') return protocolName(value);
  if (name === 'ctstate') return value.split(',').toSorted().join(',');
  return value;
}

/** The kernel forgets host bits. */
export function networkOf(word: string): string {
  const found = addressOf(word);
  if (found === null || !found.address.includes('/')) return found?.address ?? word;
  const [, bits] = found.address.split('/');
  const parser = found.family === 'v4' ? ipaddr.IPv4 : ipaddr.IPv6;
  return `${parser.networkAddressFromCIDR(found.address).toString()}/${bits}`;
}
