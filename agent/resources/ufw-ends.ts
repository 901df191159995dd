import { addressOf, portsOf } from './ufw-address.ts';
import { protocolOf, verified } from './ufw-protocol.ts';
import { profileName, serviceName } from './ufw-short.ts';
import type { UfwEnd, UfwRule } from './ufw-tuple.ts';
import { meant, RuleProblem } from './ufw-words.ts';

const KEYS = ['proto', 'from', 'to', 'port', 'app'];

/** The long form: `[proto P] [from ADDRESS [port N | app NAME]] [to ADDRESS [port N | app NAME]] [proto P]`. */
export function parseEnds(begun: UfwRule, words: readonly string[], onInterface: boolean): UfwRule {
  let rule = begun;
  let side: 'to' | 'from' | null = null;
  const given = new Set<string>();
  for (let at = 0; at < words.length; at += 2) {
    const key = words[at]!;
    const value = words[at + 1];
    if (!KEYS.includes(key)) throw strayWord(key);
    if (value === undefined)
      throw new RuleProblem(`"${key}" is followed by nothing. Write its value behind it.`);
    if (key === 'to' || key === 'from') side = key;
    if ((key === 'port' || key === 'app') && side === null)
      throw new RuleProblem(
        `"${key} ${value}" belongs to no address. Write "to any" or "from any" before it.`,
      );
    const once = key === 'port' || key === 'app' ? `a port or profile for "${side}"` : `"${key}"`;
    if (given.has(once)) throw new RuleProblem(`There is ${once} twice. Write two rules.`);
    given.add(once);
    rule = key === 'proto' ? { ...rule, protocol: protocolOf(value) } : withEnd(rule, side!, key, value);
  }
  if (side === null && !onInterface)
    throw new RuleProblem('It names no address. Add "to any" or "from any".');
  return verified(rule);
}

function strayWord(word: string): RuleProblem {
  if (word === 'log' || word === 'log-all')
    return new RuleProblem(
      `"${word}" stands directly behind the action, direction and interface. Move it there.`,
    );
  if (word === 'in' || word === 'out')
    return new RuleProblem(
      `"${word}" stands directly behind the action, as in "allow in on eth0". Move it there.`,
    );
  if (word === 'on') return new RuleProblem('Before "on" comes "in" or "out", as in "allow in on eth0".');
  return new RuleProblem(`"${word}" is not one of ${KEYS.join(', ')} and comment.${meant(word, KEYS)}`);
}

function withEnd(rule: UfwRule, side: 'to' | 'from', key: string, value: string): UfwRule {
  if (key === 'port') return { ...rule, [side]: { ...rule[side], port: portOf(value) } };
  if (key === 'app') return { ...rule, [side]: { ...rule[side], app: profileName(value) } };
  const end: UfwEnd = { ...rule[side], address: 'any' };
  if (value.toLowerCase() === 'any') return { ...rule, [side]: end };
  const found = addressOf(value);
  if (found === null) throw new RuleProblem(`"${value}" is not an address. ${addressHow(value)}`);
  if (rule.family !== 'both' && rule.family !== found.family)
    throw new RuleProblem('It mixes IPv4 and IPv6. Write one rule for each.');
  return { ...rule, family: found.family, [side]: { ...end, address: found.address } };
}

const addressHow = (value: string): string =>
  /^\d+(\.\d+){0,2}(\/\d+)?$/.test(value)
    ? 'Write all four parts, as in 10.1.1.2 or 10.1.0.0/16.'
    : 'Write any, an address or a network, as in 10.1.1.2, 10.1.0.0/16 or fd00::/8.';

function portOf(word: string): string {
  if (/^[a-z][\w-]*$/i.test(word)) throw serviceName(word);
  const ports = portsOf(word);
  if ('problem' in ports) throw new RuleProblem(ports.problem);
  return ports.ports;
}
