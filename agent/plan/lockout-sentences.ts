import { textOfTuple } from '../resources/ufw-describe.ts';
import { familyOf } from './lockout-verdict.ts';
import type { Flow } from './lockout-flows.ts';
import type { Family } from '../resources/ufw-tuple.ts';

/** A reason, and the rule that closes what it speaks of; `by` is `null` when no rule allows it. */
export type Closed = {
  readonly why: string;
  readonly by: { readonly tuple: string; readonly family: Family } | null;
};

/** `by`: the words of the rule that closes it, `null`: no rule allows it. */
export type Cut = { readonly flow: Flow; readonly by: string | null };

/** One sentence for each thing that is closed and each rule that closes it, naming everybody whom it cuts off. */
export function sayCut(cuts: readonly Cut[]): readonly Closed[] {
  const groups = new Map<string, Cut[]>();
  for (const cut of cuts) {
    const { what, packet } = cut.flow;
    const key = `${what} ${packet.way} ${packet.port} ${cut.by}`;
    groups.set(key, [...(groups.get(key) ?? []), cut]);
  }
  return [...groups.values()].map((group) => sayGroup(group));
}

function sayGroup(cuts: readonly Cut[]): Closed {
  const { flow, by } = cuts[0]!;
  const { what, packet } = flow;
  const door = packet.port === null ? what : `port ${packet.port}/${packet.protocol} (${what})`;
  const isOut = packet.way === 'out';
  const whom = unique(cuts.map((cut) => (isOut ? cut.flow.packet.to : cut.flow.packet.from)));
  const now = what === 'SSH' ? 'logged in now' : 'now let through';
  const closed = isOut ? `keep ${door} from going out to` : `close ${door} to`;
  const family = familyOf(packet.to);
  const closing = by === null ? null : textOfTuple(by, family);
  const why = closing === null ? 'no rule allows it' : `the rule "${closing}" comes first`;
  const rules = unique(cuts.map((cut) => cut.flow.rule));
  const end = `, or one that covers ${whom.length === 1 ? 'it' : 'them'}.`;
  return {
    why: `ufw would ${closed} ${list(whom)}, ${now}: ${why}. ${wayOut(closing, rules)}${end}`,
    by: by === null ? null : { tuple: by, family },
  };
}

/** For ufw, rules that differ in nothing but the action are one: no allow can stand before its own deny. */
function wayOut(closing: string | null, rules: readonly string[]): string {
  const quoted = list(rules.map((rule) => `"${rule}"`));
  if (closing !== null && rules.includes(closing.replace(/^(?:deny|reject)\b/, 'allow')))
    return `Write ${quoted} in its place`;
  return `Add the ${rules.length === 1 ? 'rule' : 'rules'} ${quoted}${closing === null ? '' : ' before it'}`;
}

export function sayNobody(ports: readonly number[], by: Closed['by']): Closed {
  const [first = 22] = ports;
  const what = `ufw would close SSH (port ${list(ports.map(String))}) to everybody, and this host could no longer be reached`;
  const why =
    by === null
      ? `no rule allows it. Add the rule "allow ${first}/tcp", or one that allows the addresses you log in from.`
      : `the rule "${textOfTuple(by.tuple, by.family)}" closes it. Write "allow ${first}/tcp" in its place, or allow the addresses you log in from before it.`;
  return { why: `${what}: ${why}`, by };
}

const unique = (words: readonly string[]): readonly string[] => [...new Set(words)];
const list = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
