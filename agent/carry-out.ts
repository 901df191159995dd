import { consider, type Considered } from './consider.ts';
import type { Before } from './health/health.ts';
import { insecureWarning } from './health/insecure.ts';
import type { Plan } from './plan/change.ts';
import type { Choice } from './plan/choose.ts';
import { readCorrections, withCorrections, writeCorrections } from './plan/contested.ts';
import type { LastChange } from './report/status.ts';
import type { Found } from './source/source.ts';
import type { Tools } from './tools.ts';
import type { Changed } from './transaction/change.ts';
import { unwellVip } from './transaction/holds.ts';
import { readPause } from './transaction/pause.ts';
import type { Recovered } from './transaction/recover.ts';

export type End = Recovered &
  Considered & { readonly done: readonly LastChange[]; readonly stuck: LastChange | null };

/** Baseline health, change, and what may still be done after it in this cycle. */
export async function carryOut(
  considered: Considered,
  found: Found,
  at: Recovered,
  tools: Tools,
): Promise<End> {
  const { plan, refused } = considered.choice;
  if (plan === null) return { ...at, ...considered, done: [], stuck: null };
  const health = plan.steps.length === 0 ? null : ((await tools.health?.look(plan)) ?? null);
  if (health !== null) warnOfInsecurity(health, tools);
  const held = await unwellVip(plan, health, found, at.ledger, tools);
  if (held !== null) {
    const meanwhile = await consider({ ...found, newest: 'committed' }, at, tools);
    return { ...(await carryOut(meanwhile, found, at, tools)), held };
  }
  // Somebody may have asked for peace while the host was being looked at.
  if (found.again === undefined && (await readPause(tools.state, tools.clock.now())) !== null)
    return { ...at, ...considered, done: [], stuck: null };
  const changed = await changeWith(plan, health, found, at, tools);
  const { done } = changed;
  const after = { ...at, ledger: changed.ledger };
  if (done === null) return { ...after, ...considered, done: [], stuck: null };
  if (done.end === 'stuck') return { ...after, ...considered, done: [done], stuck: done };
  const next = await rest(plan, { ...changed, done }, found, after, tools);
  if (next === null) return { ...after, ...considered, done: [done], stuck: null };
  const again = { ...considered, choice: { ...next, refused: next.refused ?? refused } };
  const end = await carryOut(again, found, after, tools);
  return { ...end, done: [done, ...end.done] };
}

async function changeWith(
  plan: Plan,
  health: Before | null,
  found: Found,
  at: Recovered,
  tools: Tools,
): Promise<Changed> {
  // All that a change needs, and its way back, is loaded when there is one.
  const { change } = await import('./transaction/change.ts');
  const isDrift = 'generation' in plan.of.from;
  const pinned = found.again ?? (isDrift ? at.ledger.pinned : null);
  const changed = await change({ plan, head: found.head, health, pinned }, at, tools);
  if (changed.done !== null) await remember(plan, tools);
  return changed;
}

/** What keeps coming back is counted, also where putting it right failed. */
async function remember({ changes, packagesFirst }: Plan, { runtime, clock }: Tools): Promise<void> {
  if (!packagesFirst && !changes.some(({ why }) => why === 'drift')) return;
  const before = await readCorrections(runtime);
  // A full /run must not end a cycle that has done its work.
  await writeCorrections(runtime, withCorrections(before, changes, clock.now())).catch(() => undefined);
}

function warnOfInsecurity({ facts: { cluster } }: Before, { log }: Tools): void {
  const sentence = insecureWarning(cluster);
  if (sentence !== null) log.warn({ event: 'insecure', sentence });
}

/**
 * Packages are a plan of their own: what needs them is planned when they are there. And one resource that cannot be
 * put right must not keep the others from it. `null`: there is nothing more to do.
 */
async function rest(
  plan: Plan,
  { done, blame }: { readonly done: LastChange; readonly blame: Changed['blame'] },
  found: Found,
  at: Recovered,
  tools: Tools,
): Promise<Choice | null> {
  if (done.end !== 'rolled back')
    return plan.packagesFirst ? (await consider(found, at, tools)).choice : null;
  const isDrift = 'generation' in plan.of.from;
  const ids = plan.packagesFirst ? plan.changes.map(({ id }) => id) : isDrift ? blame : [];
  if (ids.length === 0) return null;
  const leave = new Map(ids.map((id) => [id, done.failure ?? ''] as const));
  return (await consider({ ...found, newest: 'committed' }, at, tools, leave)).choice;
}
