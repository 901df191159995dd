import ipaddr from 'ipaddr.js';
import { protocolName } from '../resources/ufw-match.ts';
import { optionsOf, type ChainRule, type Chains, type Option } from '../resources/ufw-chains.ts';

/** The first packet of a flow that comes in, or goes out where it says so: to a port, or of a protocol without ports. */
export type Packet = {
  readonly protocol: string;
  readonly from: string;
  readonly to: string;
  readonly port: number | null;
  readonly interface: string;
  readonly way?: 'out';
};

/** `by`: the words of the ufw rule that decided, `null`: another rule or the policy. */
export type PacketVerdict = { readonly accepted: boolean; readonly by: string | null };

/**
 * What the filter table does with a packet, first match first. It is one of a NEW connection: enabling ufw cuts
 * established ones, because the kernel had not tracked them. `limit` is an allow; a rule that matches on what cannot
 * be known here (marks, sets, times) is passed over.
 */
export function verdict(packet: Packet, chains: Chains): PacketVerdict {
  const chain = packet.way === 'out' ? 'OUTPUT' : 'INPUT';
  const ended = walk(chain, packet, chains, 0);
  return ended ?? { accepted: chains.get(chain)?.policy !== 'DROP', by: null };
}

/** Chains cannot loop in the kernel; a file could say so. */
const DEEPEST = 32;

function walk(name: string, packet: Packet, chains: Chains, depth: number): PacketVerdict | null {
  for (const rule of chains.get(name)?.rules ?? []) {
    if (rule.target === '' || !optionsOf(rule).every((option) => matches(option, packet))) continue;
    if (rule.target === 'RETURN') return null;
    if (rule.target === 'ACCEPT') return { accepted: true, by: rule.tuple };
    if (rule.target === 'DROP' || rule.target === 'REJECT') return { accepted: false, by: rule.tuple };
    const ended = depth < DEEPEST ? walk(rule.target, packet, chains, depth + 1) : null;
    if (ended !== null) return { ...ended, by: rule.tuple ?? ended.by };
  }
  return null;
}

/** Options that say how, how often or why, not which packets. */
const NEUTRAL = new Set([
  'limit',
  'limit-burst',
  'comment',
  'set',
  'seconds',
  'hitcount',
  'name',
  'mask',
  'rsource',
  'log-prefix',
  'log-level',
  'reject-with',
  'syn',
]);

function matches(option: Option, packet: Packet): boolean {
  if (NEUTRAL.has(option.name)) return true;
  const found = matchesPlainly(option, packet);
  return found !== null && found !== option.negated;
}

/** `null`: not to be known. */
function matchesPlainly({ name, value }: Option, packet: Packet): boolean | null {
  switch (name) {
    case 'in-interface':
    case 'out-interface':
      return value.endsWith('+')
        ? packet.interface.startsWith(value.slice(0, -1))
        : packet.interface === value;
    case 'protocol':
      return value === 'all' || protocolName(value) === packet.protocol;
    case 'source':
      return value.split(',').some((network) => contains(network, packet.from));
    case 'destination':
      return value.split(',').some((network) => contains(network, packet.to));
    case 'dport':
    case 'dports':
      return packet.port !== null && value.split(',').some((range) => inRange(packet.port!, range));
    case 'ctstate':
      return value.split(',').includes('NEW');
    case 'dst-type':
      return value === (isMulticast(packet.to) ? 'MULTICAST' : 'LOCAL');
    default:
      return null;
  }
}

function inRange(port: number, range: string): boolean {
  const [low, high = low] = range.split(':').map(Number);
  return port >= low! && port <= high!;
}

export function contains(network: string, address: string): boolean {
  const [host = '', bits] = network.split('/');
  if (!ipaddr.isValid(host)) return false;
  const [net, one] = [ipaddr.parse(host), ipaddr.parse(address)];
  if (net.kind() !== one.kind()) return false;
  return one.match(net, bits === undefined ? (net.kind() === 'ipv4' ? 32 : 128) : Number(bits));
}

export const isMulticast = (address: string): boolean => ipaddr.parse(address).range() === 'multicast';
export const familyOf = (address: string): 'v4' | 'v6' => (address.includes(':') ? 'v6' : 'v4');

/** Every rule of the table, for those who look for what it speaks of. */
export const allRules = (chains: Chains): readonly ChainRule[] =>
  [...chains.values()].flatMap(({ rules }) => rules);
