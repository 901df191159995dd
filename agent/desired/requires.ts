import type { Id } from '../resources/kind.ts';
import { didYouMean } from './did-you-mean.ts';
import type { Draft, Rendering } from './rendering.ts';

/** What is required must be there, and must not in the end require what requires it. */
export function checkRequires(drafts: readonly Draft[], named: ReadonlySet<Id>, host: Rendering): void {
  const byId = new Map(drafts.map((draft) => [draft.resource.id, draft]));
  for (const { resource, requiresAt } of drafts)
    for (const required of resource.requires)
      // What is named and has no draft has failed, and that has been said.
      if (!byId.has(required) && !named.has(required))
        host.say(
          requiresAt,
          `${required} is not in the desired state of this host.${didYouMean(required, byId.keys()) || ' Add it, or remove it from requires.'}`,
        );
  const circle = circleAmong(byId);
  const first = circle && byId.get(circle[0] ?? ('' as Id));
  if (first)
    host.say(
      first.requiresAt,
      `these require each other: ${[...circle, circle[0]].join(' → ')}. Remove one of the requires.`,
    );
}

/** The first circle, beginning with the smallest id of it, so that every host says the same. */
function circleAmong(byId: ReadonlyMap<Id, Draft>): readonly Id[] | null {
  const done = new Set<Id>();
  const follow = (at: Id, way: readonly Id[]): readonly Id[] | null => {
    if (way.includes(at)) return way.slice(way.indexOf(at));
    if (done.has(at)) return null;
    for (const next of byId.get(at)?.resource.requires ?? []) {
      const found = follow(next, [...way, at]);
      if (found) return found;
    }
    done.add(at);
    return null;
  };
  for (const start of [...byId.keys()].sort()) {
    const found = follow(start, []);
    if (!found) continue;
    const smallest = found.indexOf([...found].sort()[0] ?? start);
    return [...found.slice(smallest), ...found.slice(0, smallest)];
  }
  return null;
}
