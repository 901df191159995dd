import type { UfwRule } from './ufw-tuple.ts';
import { meant, RuleProblem } from './ufw-words.ts';

/** What ufw 0.36.2 knows (util.py). */
const WITHOUT_PORTS = ['ipv6', 'esp', 'ah', 'igmp', 'gre', 'vrrp'];
const IPV4_ONLY = ['ipv6', 'igmp'];
const PROTOCOLS = ['tcp', 'udp', ...WITHOUT_PORTS];

export function protocolOf(word: string): string {
  if (word === 'any' || PROTOCOLS.includes(word)) return word;
  throw new RuleProblem(`"${word}" is not one of ${PROTOCOLS.join(', ')} and any.${meant(word, PROTOCOLS)}`);
}

/** What ufw checks of a whole rule (common.py, verify; backend_iptables.py, set_rule), and the family that follows. */
export function verified(rule: UfwRule): UfwRule {
  const { protocol, to, from } = rule;
  const ports = [to.port, from.port].filter((port) => port !== 'any');
  if (ports.length > 0 && WITHOUT_PORTS.includes(protocol))
    throw new RuleProblem(`${protocol} has no ports. Leave the port out.`);
  if (ports.some((port) => /[:,]/.test(port)) && protocol === 'any')
    throw new RuleProblem('Several ports need a protocol. Add /tcp or /udp, or "proto tcp" or "proto udp".');
  if (protocol !== 'any' && (to.app !== '' || from.app !== ''))
    throw new RuleProblem('An application profile says the protocol itself. Leave "proto" out.');
  if (!IPV4_ONLY.includes(protocol)) return rule;
  if (rule.family === 'v6')
    throw new RuleProblem(`${protocol} is for IPv4 only, and the address is an IPv6 one.`);
  return { ...rule, family: 'v4' };
}
