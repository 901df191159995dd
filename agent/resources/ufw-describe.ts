import { formatRule } from './ufw-argv.ts';
import { identityOf, isOurs, type Placed } from './ufw-placing.ts';
import { parseTuple, type Family } from './ufw-tuple.ts';
import type { Description } from './kind.ts';
import type { RulesState } from './ufw-rules-state.ts';

/** One phrase a rule; what is the same in IPv4 and IPv6 is said once. */
export function describeRules(from: RulesState, to: RulesState): Description {
  const said = (['v4', 'v6'] as const).flatMap((family) =>
    changes(from?.[family] ?? [], to?.[family] ?? [], family),
  );
  const unique = [...new Map(said.map((one) => [`${one.summary}\n${one.detail}`, one])).values()];
  return {
    summary: unique.map(({ summary }) => summary),
    detail: unique.flatMap(({ detail }) => (detail === '' ? [] : detail.split('\n'))),
  };
}

type Said = { readonly summary: string; readonly detail: string };

function changes(from: readonly Placed[], to: readonly Placed[], family: Family): readonly Said[] {
  const before = new Map(from.map((one) => [identityOf(one, family), one]));
  const after = new Map(to.map((one) => [identityOf(one, family), one]));
  const line = (placed: Placed): string => textOf(placed, family);
  const said: Said[] = [];
  for (const [identity, now] of after) {
    const was = before.get(identity);
    if (was === undefined) said.push({ summary: `add ${line(now)}`, detail: `+${line(now)}` });
    else if (was.tuple !== now.tuple || was.comment !== now.comment)
      said.push({ summary: `${line(was)} → ${line(now)}`, detail: `-${line(was)}\n+${line(now)}` });
  }
  for (const [identity, was] of before)
    if (!after.has(identity) && isOurs(was))
      said.push({ summary: `remove ${line(was)}`, detail: `-${line(was)}` });
  const order = (list: readonly Placed[], other: ReadonlyMap<string, Placed>): string =>
    list
      .map((one) => identityOf(one, family))
      .filter((one) => other.has(one))
      .join('\n');
  if (order(from, after) !== order(to, before)) said.push({ summary: 'put the rules in order', detail: '' });
  return said;
}

/** As a person would write it: our mark left out. */
function textOf({ tuple, comment }: Placed, family: Family): string {
  const said = isOurs({ comment }) ? comment.replace(/^holdfast(: )?/, '') : comment;
  return withComment(tuple, said, family);
}

/** A tuple's words as the line that a person would write for it, without its comment. */
export const textOfTuple = (tuple: string, family: Family): string => withComment(tuple, '', family);

function withComment(tuple: string, comment: string, family: Family): string {
  const rule = parseTuple(tuple, family);
  if (rule === null) return tuple;
  const anywhere = rule.to.address === 'any' && rule.from.address === 'any';
  return formatRule({ ...rule, family: anywhere ? 'both' : family, comment });
}
