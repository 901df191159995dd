import { consider, type Considered } from './consider.ts';
import { countCorrections } from './count-corrections.ts';
import { CalledOff } from './fleet/called-off.ts';
import { mayBegin, type Begun } from './may-begin.ts';
import { isInForce, type Plan } from './plan/change.ts';
import type { Choice } from './plan/choose.ts';
import type { Held, LastChange } from './report/status.ts';
import type { Id } from './resources/kind.ts';
import type { Found } from './source/source.ts';
import type { Tools } from './tools.ts';
import type { Changed } from './transaction/change.ts';
import type { Pinned } from './transaction/ledger.ts';
import { readPause } from './transaction/pause.ts';
import type { Recovered } from './transaction/recover.ts';
import { takeNote } from './transaction/take-note.ts';

/** What failed in this cycle already, and why: it is not tried twice in one. */
type Left = ReadonlyMap<Id, string>;

export type End = Recovered &
  Considered & { readonly done: readonly LastChange[]; readonly stuck: LastChange | null };

/** Baseline health, change, and what may still be done after it in this cycle. */
export async function carryOut(
  considered: Considered,
  found: Found,
  at: Recovered,
  tools: Tools,
  left: Left = new Map(),
): Promise<End> {
  const { plan, refused } = considered.choice;
  if (plan === null) return { ...at, ...considered, done: [], stuck: null };
  if (plan.steps.length === 0) {
    const ledger = await takeNote(plan, found.head, pinnedBy(plan, found, at), at, tools);
    return { ...at, ledger, ...considered, done: [], stuck: null };
  }
  const begun = await mayBegin(plan, found, at, tools);
  if ('held' in begun) return meanwhile(plan, begun.held, considered, found, at, tools);
  // Somebody may have asked for peace while the host was being looked at.
  if (found.again === undefined && (await readPause(tools.state, tools.clock.now())) !== null)
    return { ...at, ...considered, done: [], stuck: null };
  const changed = await changeWith(plan, begun, found, at, tools);
  if ('held' in changed) return meanwhile(plan, changed.held, considered, found, at, tools);
  const { done } = changed;
  const after = { ...at, ledger: changed.ledger };
  if (done.end === 'stuck') return { ...after, ...considered, done: [done], stuck: done };
  const leave = leftAlone(plan, changed, left);
  const next = await rest(plan, done, leave, found, after, tools);
  if (next === null) return { ...after, ...considered, done: [done], stuck: null };
  const again = { ...considered, choice: { ...next, refused: next.refused ?? refused } };
  const end = await carryOut(again, found, after, tools, leave ?? left);
  return { ...end, done: [done, ...end.done] };
}

/** What is held back keeps drift from nothing, unless it is the drift that waits. */
async function meanwhile(
  { of }: Plan,
  held: Held,
  considered: Considered,
  found: Found,
  at: Recovered,
  tools: Tools,
): Promise<End> {
  if (isInForce(of)) return { ...at, ...considered, held, done: [], stuck: null };
  const inForce = await consider({ ...found, newest: 'committed' }, at, tools);
  return { ...(await carryOut(inForce, found, at, tools)), held };
}

async function changeWith(
  plan: Plan,
  { health, moment }: Begun,
  found: Found,
  at: Recovered,
  tools: Tools,
): Promise<Changed | { readonly held: Held }> {
  // All that a change needs, and its way back, is loaded when there is one.
  const { change } = await import('./transaction/change.ts');
  tools.tidyMemory?.();
  const pinned = pinnedBy(plan, found, at);
  try {
    const act = (): Promise<Changed> => change({ plan, head: found.head, health, pinned, moment }, at, tools);
    return await countCorrections(plan, act, tools);
  } catch (cause) {
    if (cause instanceof CalledOff) return { held: cause.held };
    throw cause;
  }
}

/** What holds newer commits back once this plan is in force. Packages alone bring nothing back yet. */
function pinnedBy({ of, packagesFirst }: Plan, { again }: Found, { ledger }: Recovered): Pinned | null {
  const stays = isInForce(of) || packagesFirst;
  return (packagesFirst ? undefined : again) ?? (stays ? ledger.pinned : null);
}

/** `null`: nobody knows whom to leave alone so that the rest could be tried. */
function leftAlone(plan: Plan, { done, blame }: Changed, left: Left): Left | null {
  if (done.end !== 'rolled back') return left;
  const ids = plan.packagesFirst ? plan.changes.map(({ id }) => id) : isInForce(plan.of) ? blame : [];
  if (ids.length === 0) return null;
  return new Map([...left, ...ids.map((id) => [id, done.failure ?? ''] as const)]);
}

/**
 * Packages are a plan of their own: what needs them is planned when they are there. And one resource that cannot be
 * put right must not keep the others from it. `null`: there is nothing more to do.
 */
async function rest(
  { packagesFirst }: Plan,
  { end }: LastChange,
  leave: Left | null,
  found: Found,
  at: Recovered,
  tools: Tools,
): Promise<Choice | null> {
  if (leave === null) return null;
  if (end !== 'rolled back') return packagesFirst ? (await consider(found, at, tools, leave)).choice : null;
  return (await consider({ ...found, newest: 'committed' }, at, tools, leave)).choice;
}
