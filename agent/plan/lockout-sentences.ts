import { textOfTuple } from '../resources/ufw-describe.ts';
import { familyOf } from './lockout-verdict.ts';
import type { Flow } from './lockout-flows.ts';

/** `by`: the words of the rule that closes it, `null`: no rule allows it. */
export type Cut = { readonly flow: Flow; readonly by: string | null };

/** One sentence for each thing that is closed and each rule that closes it, naming everybody whom it cuts off. */
export function sayCut(cuts: readonly Cut[]): readonly string[] {
  const groups = new Map<string, Cut[]>();
  for (const cut of cuts) {
    const { what, packet } = cut.flow;
    const key = `${what} ${packet.port} ${cut.by}`;
    groups.set(key, [...(groups.get(key) ?? []), cut]);
  }
  return [...groups.values()].map((group) => sayGroup(group));
}

function sayGroup(cuts: readonly Cut[]): string {
  const { flow, by } = cuts[0]!;
  const { what, packet } = flow;
  const door = packet.port === null ? what : `port ${packet.port}/${packet.protocol} (${what})`;
  const whom = unique(
    cuts.map(
      ({
        flow: {
          packet: { from },
        },
      }) => from,
    ),
  );
  const now = what === 'SSH' ? 'logged in now' : 'now let through';
  const why =
    by === null ? 'no rule allows it' : `the rule "${textOfTuple(by, familyOf(packet.to))}" comes first`;
  const rules = unique(cuts.map((cut) => `"${cut.flow.rule}"`));
  const add = `Add the ${rules.length === 1 ? 'rule' : 'rules'} ${list(rules)}${by === null ? '' : ' before it'}`;
  return `ufw would close ${door} to ${list(whom)}, ${now}: ${why}. ${add}, or one that covers ${whom.length === 1 ? 'it' : 'them'}.`;
}

export function sayNobody(ports: readonly number[]): string {
  const [first = 22] = ports;
  return `ufw would close SSH (port ${list(ports.map(String))}) to everybody, and this host could no longer be reached: no rule allows it. Add the rule "allow ${first}/tcp", or one that allows the addresses you log in from.`;
}

const unique = (words: readonly string[]): readonly string[] => [...new Set(words)];
const list = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
