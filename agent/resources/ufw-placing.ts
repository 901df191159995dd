import { formatTuple, identity, parseTuple, type Family } from './ufw-tuple.ts';
import { blockOf, type Block, type KeptRule } from './ufw-rules-file.ts';

/**
 * One of our rules, or one of the user's that does the same, as it stands among the others. `below`: how many rules
 * without our comment stand above it; `null`: it goes to the end.
 */
export type Placed = { readonly tuple: string; readonly comment: string; readonly below: number | null };

const MARK = 'holdfast';

/** The comment that tells our rules from the user's. */
export const ourComment = (comment: string): string => (comment === '' ? MARK : `${MARK}: ${comment}`);
export const isOurs = ({ comment }: { readonly comment: string }): boolean =>
  comment === MARK || comment.startsWith(`${MARK}: `);

/** What is ours in the file, and what of the user's is in use. */
export function observePlaces(blocks: readonly Block[], used: ReadonlySet<string>): readonly Placed[] {
  const places: Placed[] = [];
  let below = 0;
  for (const { rule } of blocks) {
    const ours = rule !== null && isOurs(rule);
    if (rule !== null && (ours || used.has(identity(rule))))
      places.push({ tuple: formatTuple(rule), comment: rule.comment, below });
    if (!ours) below += 1;
  }
  return places;
}

/**
 * Where each wanted rule goes. What already stands in the wanted order keeps its place among the user's rules; the
 * user's own are never moved; everything else goes directly behind the rule that it follows.
 */
export function place(
  wanted: readonly KeptRule[],
  seen: readonly Placed[],
  family: Family,
): readonly Placed[] {
  const at = new Map(seen.map((placed, index) => [identityOf(placed, family), index]));
  const list = inTheUsersOrder(wanted, seen, at).map((rule) => ({
    rule,
    index: at.get(identity(rule)) ?? null,
  }));
  const kept = keptInOrder(
    list.map(({ index }) => index),
    seen,
  );
  const entries = list.map(({ rule, index }): Entry => {
    const stands = index !== null && kept.has(index) ? seen[index]! : null;
    const comment = stands !== null && !isOurs(stands) ? stands.comment : ourComment(rule.comment);
    return { tuple: formatTuple(rule), comment, below: stands?.below ?? null, kept: stands !== null };
  });
  return entries.map((entry, i) => {
    const { tuple, comment } = entry;
    return { tuple, comment, below: entry.kept ? entry.below : besides(entries, i) };
  });
}

type Entry = Placed & { readonly kept: boolean };

/** Directly behind the last kept rule above it, else directly before the first one below it, else at the end. */
function besides(entries: readonly Entry[], i: number): number | null {
  const above = entries.slice(0, i).findLast(({ kept }) => kept);
  if (above !== undefined) return above.below! + (isOurs(above) ? 0 : 1);
  return entries.slice(i).find(({ kept }) => kept)?.below ?? null;
}

export const identityOf = ({ tuple }: Placed, family: Family): string => {
  const rule = parseTuple(tuple, family);
  return rule === null ? tuple : identity(rule);
};

/** Two rules of the user's that stand the other way round stay so: the wanted order yields to theirs. */
function inTheUsersOrder(
  wanted: readonly KeptRule[],
  seen: readonly Placed[],
  at: ReadonlyMap<string, number>,
): readonly KeptRule[] {
  const indexOf = (rule: KeptRule): number => at.get(identity(rule)) ?? -1;
  const isUsed = (rule: KeptRule): boolean => indexOf(rule) >= 0 && !isOurs(seen[indexOf(rule)]!);
  const theirs = wanted.filter(isUsed).toSorted((a, b) => indexOf(a) - indexOf(b));
  return wanted.map((rule) => (isUsed(rule) ? theirs.shift()! : rule));
}

/**
 * The most rules that can stay: the longest rising run of their indices. What contradicts the user's rules is left
 * out before, so all of the user's can join any run, and the longest holds them all.
 */
function keptInOrder(order: readonly (number | null)[], seen: readonly Placed[]): ReadonlySet<number> {
  const present = order.filter((index) => index !== null);
  const fits = (index: number, i: number): boolean =>
    !isOurs(seen[index]!) ||
    present.every((other, j) => isOurs(seen[other]!) || (j < i ? other < index : other > index));
  const runs: number[][] = [];
  for (const index of present.filter(fits)) {
    const longest = runs
      .filter((run) => run.at(-1)! < index)
      .reduce<readonly number[]>((best, run) => (run.length > best.length ? run : best), []);
    runs.push([...longest, index]);
  }
  return new Set(runs.reduce<readonly number[]>((best, run) => (run.length > best.length ? run : best), []));
}

/**
 * The file's rules brought to `to`: the user's stay as they are and where they are, ours are exactly those of `to`.
 * A rule of the user's that `to` used and that is gone since comes back with the comment it had.
 */
export function arrange(blocks: readonly Block[], to: readonly Placed[], family: Family): readonly Block[] {
  const theirs = blocks.filter(({ rule }) => rule === null || !isOurs(rule));
  const present = new Set(theirs.flatMap(({ rule }) => (rule === null ? [] : [identity(rule)])));
  const missing = to.filter((placed) => !present.has(identityOf(placed, family)));
  for (const placed of missing.filter((one) => !isOurs(one)))
    theirs.splice(placed.below ?? theirs.length, 0, written(placed, family));
  const ours = missing.filter(isOurs);
  const arranged: Block[] = [];
  for (let i = 0; i <= theirs.length; i += 1) {
    const here = ours.filter(({ below }) => Math.min(below ?? theirs.length, theirs.length) === i);
    arranged.push(...here.map((placed) => written(placed, family)), ...theirs.slice(i, i + 1));
  }
  return arranged;
}

function written({ tuple, comment }: Placed, family: Family): Block {
  const rule = parseTuple(tuple, family);
  if (rule === null)
    throw new Error(`"${tuple}" is not a rule of ufw's. This is a fault in Holdfast: please report it.`);
  return blockOf({ ...rule, comment });
}
