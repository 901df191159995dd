import { iptablesLines } from './ufw-iptables.ts';
import { formatComment, formatTuple, parseTuple, type Family, type UfwRule } from './ufw-tuple.ts';

export type KeptRule = UfwRule & { readonly family: Family };

/** One rule as it stands in the file. `rule` is null where ufw itself would skip a malformed line. */
export type Block = { readonly rule: KeptRule | null; readonly raw: string };

/** user.rules or user6.rules: `head` ends with `### RULES ###`, `tail` begins with `### END RULES ###`. */
export type RulesFile = { readonly head: string; readonly blocks: readonly Block[]; readonly tail: string };

const BEGIN = '### RULES ###\n';
const END = '### END RULES ###\n';
const TUPLE = /^### tuple ### (.*)$/;

/** `null`: the file as the package brings it, which ufw rewrites in full with its first change. */
export function parseRulesFile(text: string, family: Family): RulesFile | null {
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END, begin);
  if (begin < 0 || end < 0) return null;
  const head = text.slice(0, begin + BEGIN.length);
  return { head, blocks: blocksOf(text.slice(head.length, end), family), tail: text.slice(end) };
}

export const printRulesFile = ({ head, blocks, tail }: RulesFile): string =>
  `${head}${blocks.map(({ raw }) => `\n${raw}`).join('')}\n${tail}`;

/** The rules in order. ufw takes every tuple line of the file, wherever it stands (_read_rules). */
export function rulesIn(text: string, family: Family): readonly Block[] {
  return parseRulesFile(text, family)?.blocks ?? blocksOf(text, family).filter(({ rule }) => rule !== null);
}

export function blockOf(rule: KeptRule): Block {
  const tuple = `### tuple ### ${formatTuple(rule)}${formatComment(rule.comment)}`;
  return { rule, raw: [tuple, ...iptablesLines(rule)].map((line) => `${line}\n`).join('') };
}

/** A block goes from one tuple line to the next; the empty lines between are the printer's. */
function blocksOf(section: string, family: Family): readonly Block[] {
  const blocks: { rule: KeptRule | null; raw: string }[] = [];
  for (const line of section.split('\n').filter((text) => text !== '')) {
    const tuple = TUPLE.exec(line)?.[1];
    if (tuple !== undefined) blocks.push({ rule: parseTuple(tuple, family), raw: `${line}\n` });
    else if (blocks.length === 0) blocks.push({ rule: null, raw: `${line}\n` });
    else blocks.at(-1)!.raw += `${line}\n`;
  }
  return blocks;
}
