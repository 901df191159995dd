import * as z from 'zod';
import { identityOf, isOurs, type Placed } from './ufw-placing.ts';
import type { Family } from './ufw-tuple.ts';

const places = z
  .array(z.strictObject({ tuple: z.string(), comment: z.string(), below: z.int().nonnegative().nullable() }))
  .readonly();

/**
 * `v6` is null where ufw keeps no IPv6 rules. `apps` is not ours: it is what the profiles that our rules name say,
 * kept here because `target` sees nothing else of the host.
 */
export const RulesState = z
  .strictObject({
    v4: places,
    v6: places.nullable(),
    apps: z.record(z.string(), z.strictObject({ name: z.string(), ports: z.string() }).nullable()),
  })
  .nullable();
export type RulesState = z.infer<typeof RulesState>;

/** The planned rules are there, and nothing else is ours. */
export const settled = (planned: RulesState, observed: RulesState): boolean =>
  holds(planned?.v4 ?? [], observed?.v4 ?? [], 'v4') && holds(planned?.v6 ?? [], observed?.v6 ?? [], 'v6');

/** The planned rules are there in their order, and nothing else is ours. Where the user's stand is theirs to say. */
function holds(planned: readonly Placed[], observed: readonly Placed[], family: Family): boolean {
  const wanted = new Map(planned.map((one) => [identityOf(one, family), one]));
  const found = observed.filter((one) => wanted.has(identityOf(one, family)));
  return (
    found.length === planned.length &&
    found.every(({ tuple }, i) => tuple === planned[i]!.tuple) &&
    observed.every((one) => !isOurs(one) || wanted.get(identityOf(one, family))?.comment === one.comment)
  );
}

/** Rules of the user's that a new line uses were there at first, too. */
export function widen(first: RulesState, observed: RulesState): RulesState {
  if (first === null || observed === null) return first;
  const more = (family: Family): readonly Placed[] => {
    const known = new Set((first[family] ?? []).map((one) => identityOf(one, family)));
    const added = (observed[family] ?? []).filter(
      (one) => !isOurs(one) && !known.has(identityOf(one, family)),
    );
    return [...(first[family] ?? []), ...added].toSorted((a, b) => (a.below ?? 0) - (b.below ?? 0));
  };
  return { v4: more('v4'), v6: first.v6 && more('v6'), apps: observed.apps };
}
