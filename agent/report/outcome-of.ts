import { releasedBy } from '../transaction/holds.ts';
import type { LastChange, OutcomeName } from './status.ts';
import type { Ended } from './status-of.ts';
import {
  heldWhy,
  pauseNext,
  sayDegraded,
  sayPaused,
  sayReleased,
  sayStuck,
  sayTakenBack,
} from './told-end.ts';
import { capital, isDrift } from './told.ts';

export type Outcome = { readonly outcome: OutcomeName; readonly why: string | null };

/** Of several things that are true, what a person has to know first. */
export function outcomeOf(ended: Ended): Outcome {
  const { found, choice, done, held } = ended;
  const standing = standsInTheWay(ended) ?? released(ended) ?? trouble(done);
  if (standing !== null) return standing;
  if (choice.refused !== null) return { outcome: 'refused', why: choice.refused.reasons[0] ?? null };
  if (held !== null) return { outcome: 'held', why: `${capital(held.of)} is held: ${heldWhy(held)}` };
  if (choice.plan === null)
    return { outcome: 'nothing known', why: found.why ?? 'there is no commit to follow yet.' };
  const [cannot] = choice.plan.refused;
  if (cannot !== undefined) return { outcome: 'failed', why: `${cannot.id}: ${cannot.why}` };
  const pending = ended.mode === 'dry run' && choice.plan.steps.length > 0;
  return { outcome: done.length > 0 || pending ? 'changed' : 'in desired state', why: null };
}

/** What keeps anything at all from being brought to this host. */
function standsInTheWay(ended: Ended): Outcome | null {
  const { stuck, paused } = ended;
  const unlisted = noDesiredState(ended);
  // One that was released stays so when it is taken out as well: the others go by that.
  if (unlisted !== null && released(ended) === null) return { outcome: 'no desired state', why: unlisted };
  if (stuck !== null) return { outcome: 'stuck', why: sayStuck(stuck) };
  return paused && { outcome: 'paused', why: `${sayPaused(paused)} ${pauseNext(paused)}` };
}

/** What is unwell as before is no longer this agent's business; one that was taken back is no release. */
function released({ ledger }: Ended): Outcome | null {
  const by = releasedBy(ledger);
  return by === null ? null : { outcome: 'released', why: sayReleased(by) };
}

function trouble(done: readonly LastChange[]): Outcome | null {
  const change = troubled(done);
  if (change?.end === 'rolled back') return { outcome: 'rolled back', why: sayTakenBack(change) };
  return change && { outcome: 'degraded', why: sayDegraded(change) };
}

/**
 * What was taken back comes first: drift that was put right after it does not make it well, but a commit that was
 * brought to this host after it does.
 */
export function troubled(done: readonly LastChange[]): LastChange | null {
  const brought = done.findLastIndex(({ end, changes }) => end !== 'rolled back' && !isDrift(changes));
  const since = done.slice(Math.max(brought, 0));
  return (
    since.findLast(({ end }) => end === 'rolled back') ??
    since.findLast(({ end }) => end === 'degraded') ??
    null
  );
}

export const noDesiredState = ({ found: { newest } }: Pick<Ended, 'found'>): string | null =>
  newest !== null && typeof newest === 'object' && 'noDesiredState' in newest ? newest.noDesiredState : null;
