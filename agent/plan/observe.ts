import type { Json, Reader } from '../host/host.ts';
import { id, parts, type Kinds, type Id } from '../resources/kind.ts';

/** What is there, and what could not be looked at and why. Unknown is never read as absent. */
export type Observed = { readonly states: ReadonlyMap<Id, Json>; readonly unknown: ReadonlyMap<Id, string> };

export const AT_REST = 'it needs a running system, and waits for the first boot';

/** One batched call a kind. Where a batch fails, each is asked alone, so that one bad path does not hide the rest. */
export async function observe(asked: ReadonlyMap<Id, Json>, kinds: Kinds, reader: Reader): Promise<Observed> {
  const states = new Map<Id, Json>();
  const unknown = new Map<Id, string>();
  await Promise.all(
    [...byKind(asked)].map(async ([kindName, scopes]) => {
      const kind = kinds.get(kindName)!;
      if (kind.needs === 'live' && reader.live === null) return;
      const together = await kind.observe(scopes, reader).catch(() => null);
      for (const [name, scope] of scopes) {
        try {
          const state = (together ?? (await kind.observe(new Map([[name, scope]]), reader))).get(name);
          if (state === undefined) throw new Error(`${kindName} did not say what it is`);
          states.set(id(kindName, name), state);
        } catch (cause) {
          unknown.set(id(kindName, name), cause instanceof Error ? cause.message : String(cause));
        }
      }
    }),
  );
  return { states, unknown };
}

function byKind(asked: ReadonlyMap<Id, Json>): ReadonlyMap<string, ReadonlyMap<string, Json>> {
  const groups = new Map<string, Map<string, Json>>();
  for (const [of, scope] of asked) {
    const [kindName, name] = parts(of);
    if (!groups.has(kindName)) groups.set(kindName, new Map());
    groups.get(kindName)!.set(name, scope);
  }
  return groups;
}
