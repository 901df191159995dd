import type { Json, Reader } from '../../agent/host/host.ts';
import type { Change, Plan, Step } from '../../agent/plan/change.ts';
import { observe } from '../../agent/plan/observe.ts';
import { order } from '../../agent/plan/order.ts';
import { refreshedUnits, runningAfter } from '../../agent/plan/refreshed-units.ts';
import type { Kinds } from '../../agent/resources/kind.ts';

/**
 * A rollback as a plan: from what is observed now to the before-states, over all that was announced, in the order of
 * the one function that orders everything.
 */
export async function wayBack(
  plan: Plan,
  announced: readonly Step[],
  kinds: Kinds,
  reader: Reader,
): Promise<readonly Step[]> {
  const touched = new Set(announced.map((step) => (step.do === 'enforce' ? step.id : '')));
  const refreshed = new Set(announced.map((step) => (step.do === 'refresh' ? step.unit : '')));
  const changed = plan.changes.filter(({ id }) => touched.has(id));
  const now = await observe(new Map(changed.map(({ id, scope }) => [id, scope])), kinds, reader);
  const undo = changed.map((change): Change => {
    const from: Json | undefined = now.states.get(change.id);
    if (from === undefined) throw new Error(now.unknown.get(change.id));
    return { ...change, from, to: change.from, why: 'undo' };
  });
  const units = await refreshedUnits(
    undo.flatMap(({ notify }) => notify),
    reader,
  );
  return order(undo, kinds, runningAfter(undo, units), (unit) => refreshed.has(unit));
}
