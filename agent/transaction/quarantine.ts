import { createHash } from 'node:crypto';
import type { Change, Plan } from '../plan/change.ts';
import { canonical } from '../resources/kind.ts';
import type { Ledger, Pair, Quarantined } from './ledger.ts';

/** Further back nobody remembers either, and a ledger must not grow for ever. */
const KEPT = 20;

/**
 * What makes this plan the one that it is for this host: which resource becomes what. Not the commit: an unrelated
 * one brings the same bytes again (Zincati, fedora-coreos-tracker#1938).
 */
export const pairsOf = (changes: readonly Change[]): readonly Pair[] =>
  changes.filter(({ why }) => why !== 'drift').map(pairOf);

function pairOf({ id, to }: Change): Pair {
  return { id, to: createHash('sha256').update(canonical(to)).digest('hex').slice(0, 32) };
}

/** The change that was taken back and that this plan holds all of again; `null`: it is another one. */
export function triedBefore(
  plan: Pick<Plan, 'changes'>,
  quarantine: Ledger['quarantine'],
): Quarantined | null {
  if (quarantine.length === 0) return null;
  const holds = new Set(plan.changes.map(pairOf).map(({ id, to }) => `${id} ${to}`));
  return quarantine.findLast(({ pairs }) => pairs.every(({ id, to }) => holds.has(`${id} ${to}`))) ?? null;
}

/** The same as a sentence for whoever wrote the commit. */
export function whyNotAgain(plan: Pick<Plan, 'changes'>, quarantine: Ledger['quarantine']): string | null {
  const tried = triedBefore(plan, quarantine);
  if (tried === null) return null;
  const at = new Date(tried.atMs).toISOString().slice(0, 16).replace('T', ' ');
  const ids = tried.pairs.map(({ id }) => id);
  const what = ids.slice(0, 3).join(', ') + (ids.length > 3 ? `, and ${ids.length - 3} more` : '');
  return `it holds the change of ${what} that was taken back at ${at} UTC, with ${tried.of}, because: ${tried.why}. A commit that changes it goes through by itself; to have the same tried again: holdfast retry`;
}

export function withQuarantined(quarantine: Ledger['quarantine'], entry: Quarantined): Ledger['quarantine'] {
  if (entry.pairs.length === 0) return quarantine;
  const same = JSON.stringify(entry.pairs);
  return [...quarantine.filter(({ pairs }) => JSON.stringify(pairs) !== same), entry].slice(-KEPT);
}
