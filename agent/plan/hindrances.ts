import type { Reader } from '../host/host.ts';
import { kindOf, parts, type Id, type Kinds } from '../resources/kind.ts';
import type { Change, NotNow } from './change.ts';

/**
 * Which of these changes would only fail when they are made, and take all others back along. Needs the bytes of the
 * states at hand. A plan without changes tries nothing, and loads nothing for it.
 */
export async function hindrances(
  changes: readonly Change[],
  kinds: Kinds,
  reader: Reader,
): Promise<readonly NotNow[]> {
  const found: NotNow[] = [];
  for (const { id, to } of changes) {
    const why = await kindOf(id, kinds).hindrance(parts(id)[1], to, reader);
    if (why !== null) found.push({ id, why });
  }
  return found;
}

/** Of what cannot be looked at or changed: what belongs to others. It waits, and nothing else does for its sake. */
export const ofOthers = (cannot: ReadonlyMap<Id, string>, kinds: Kinds): ReadonlyMap<Id, string> =>
  new Map([...cannot].filter(([id]) => kindOf(id, kinds).belongsToOthers(parts(id)[1])));
