import type { Json } from '../host/host.ts';
import type { Change, Plan } from '../plan/change.ts';
import { digestOf } from '../plan/digest-of.ts';
import { utc } from '../report/times.ts';
import type { Id } from '../resources/kind.ts';
import type { Ledger, Pair, Quarantined } from './ledger.ts';

/** Further back nobody remembers either, and a ledger must not grow for ever. */
const KEPT = 20;

/**
 * What makes this plan the one that it is for this host: which resource becomes what. Not the commit: an unrelated
 * one brings the same bytes again (Zincati, fedora-coreos-tracker#1938).
 */
export const pairsOf = (changes: readonly Change[]): readonly Pair[] =>
  changes.filter(({ why }) => why !== 'drift').map(pairOf);

function pairOf({ id, to }: Pick<Change, 'id' | 'to'>): Pair {
  return { id, to: digestOf(to).slice(0, 32) };
}

type Tried = Pick<Plan, 'changes'> & Partial<Pick<Plan, 'observed'>>;

/**
 * The change that was taken back and that this plan holds all of again; `null`: it is another one. What could not be
 * taken back and was accepted (`holdfast settle`) is there already: the plan that does the rest is the same one, and so
 * is one that would find all of it there and bring it into force unjudged. `isNew`: asked for otherwise than now.
 */
export function triedBefore(
  tried: Tried,
  quarantine: Ledger['quarantine'],
  isNew: (id: Id) => boolean = () => false,
): Quarantined | null {
  if (quarantine.length === 0) return null;
  const asked = askedFor(tried);
  const isAgain = (pairs: readonly Pair[]): boolean =>
    holdsAll(tried, pairs) && pairs.some((pair) => asked.has(key(pair)) || isNew(pair.id));
  return quarantine.findLast(({ pairs }) => isAgain(pairs)) ?? null;
}

/** Whether this host would have all of these after the plan: it asks for each, or leaves it as it is there already. */
export function holdsAll(tried: Tried, pairs: readonly Pair[]): boolean {
  const { changes, observed = new Map<Id, Json>() } = tried;
  const changed = new Set(changes.map(({ id }) => id));
  const stays = [...observed].filter(([id]) => !changed.has(id));
  const held = new Set([...askedFor(tried), ...stays.map(([id, to]) => key(pairOf({ id, to })))]);
  return pairs.every((pair) => held.has(key(pair)));
}

const askedFor = ({ changes }: Tried): ReadonlySet<string> => new Set(changes.map(pairOf).map(key));

const key = ({ id, to }: Pair): string => `${id} ${to}`;

/** The same as a sentence for whoever wrote the commit. */
export function whyNotAgain(
  plan: Tried,
  quarantine: Ledger['quarantine'],
  isNew?: (id: Id) => boolean,
): string | null {
  const tried = triedBefore(plan, quarantine, isNew);
  if (tried === null) return null;
  const ids = tried.pairs.map(({ id }) => id);
  const what = ids.slice(0, 3).join(', ') + (ids.length > 3 ? `, and ${ids.length - 3} more` : '');
  return `it holds the change of ${what} that was taken back at ${utc(tried.atMs)}, with ${tried.of}, because: ${tried.why}. A commit that changes it goes through by itself; to have the same tried again: holdfast retry`;
}

export function withQuarantined(quarantine: Ledger['quarantine'], entry: Quarantined): Ledger['quarantine'] {
  if (entry.pairs.length === 0) return quarantine;
  const same = JSON.stringify(entry.pairs);
  return [...quarantine.filter(({ pairs }) => JSON.stringify(pairs) !== same), entry].slice(-KEPT);
}
