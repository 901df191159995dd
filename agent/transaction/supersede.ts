import type { Choice } from '../plan/choose.ts';
import { isInForce } from '../plan/change.ts';
import { formatFrom } from '../plan/format-plan.ts';
import type { Found } from '../source/source.ts';
import { conclude, type Concluded } from './conclude.ts';
import { readLedger, writeLedger } from './ledger.ts';
import type { Begin, Phase } from './phase.ts';
import { holdsAll } from './quarantine.ts';
import type { Stuck } from './recover.ts';
import type { Transacting } from './transacting.ts';

/**
 * A newer commit that says what everything that is stuck shall be replaces the way back: nobody needs it any more.
 * `null`: there is none, and the way back is tried again.
 */
export async function supersede(
  { journal }: Stuck,
  { plan }: Choice,
  found: Found,
  tools: Transacting,
): Promise<Concluded | null> {
  const phase = journal.phase as Extract<Phase, { phase: 'stuck' }>;
  if (plan === null || isInForce(plan.of)) return null;
  if (isTheSame(plan, found, phase.begin) || !covers(plan, phase.begin, phase.announced)) return null;
  const note = `It did not get back to what was before (${phase.stuck.seen}); ${formatFrom(plan.of.from)} replaces it.`;
  await rememberFirstSeen(phase, tools);
  await journal.append({ t: 'end', outcome: 'rolledBack', degraded: false, vipWell: false, note });
  return conclude(journal, tools);
}

/** What it was to manage is half changed: what was there before is known to this transaction only, and lost with it. */
async function rememberFirstSeen(
  { begin, announced }: Pick<Extract<Phase, { phase: 'stuck' }>, 'begin' | 'announced'>,
  { state }: Transacting,
): Promise<void> {
  const ledger = await readLedger(state);
  const touched = new Set(
    begin.steps.slice(0, announced).map((step) => (step.do === 'enforce' ? step.id : '')),
  );
  const seen = begin.inventory.filter(({ id }) => touched.has(id) && !ledger.inventory.has(id));
  if (seen.length === 0) return;
  const inventory = new Map([...ledger.inventory, ...seen.map((managed) => [managed.id, managed] as const)]);
  await writeLedger(state, { ...ledger, inventory });
}

/**
 * What brings the same again, under whatever commit, replaces nothing: what is there of it would count as in desired
 * state, and nobody would ever have judged it.
 */
function isTheSame(
  plan: NonNullable<Choice['plan']>,
  { head }: Found,
  { commit, quarantine }: Begin,
): boolean {
  if (commit !== null && head?.sha === commit.sha) return true;
  return quarantine.length > 0 && holdsAll(plan, quarantine);
}

function covers(plan: NonNullable<Choice['plan']>, { steps }: Begin, announced: number): boolean {
  const notNow = new Set([...plan.waiting, ...plan.refused].map(({ id }) => id));
  const named = new Set(plan.of.resources.map(({ id }) => id).filter((id) => !notNow.has(id)));
  return steps.slice(0, announced).every((step) => step.do !== 'enforce' || named.has(step.id));
}
