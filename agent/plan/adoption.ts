import type { Json } from '../host/host.ts';
import { kindOf, same, type Kinds, type Id, type Resource } from '../resources/kind.ts';
import type { Managed } from './change.ts';
import type { Observed } from './observe.ts';

/**
 * What is there when a resource is first planned is what comes back when it leaves, even if nothing had to change.
 * What was secret once stays secret: its bytes may be what comes back.
 */
export function adoption(
  resources: readonly Resource[],
  observed: Observed,
  to: ReadonlyMap<Id, Json>,
  inventory: ReadonlyMap<Id, Managed>,
  kinds: Kinds,
): ReadonlyMap<Id, Managed> {
  const adopts = new Map<Id, Managed>();
  for (const { id, scope, secret: isSecret, notify, requires } of resources) {
    const state = observed.states.get(id);
    if (state === undefined || !to.has(id)) continue;
    const before = inventory.get(id);
    const secret = isSecret || before?.secret === true;
    const envelope = { id, scope, secret, notify, requires };
    if (before === undefined) adopts.set(id, { ...envelope, first: state });
    else {
      const first = same(before.scope, scope)
        ? before.first
        : kindOf(id, kinds).widen(before.first, state, scope);
      const next: Managed = { ...envelope, first };
      if (!same(before, next)) adopts.set(id, next);
    }
  }
  return adopts;
}
