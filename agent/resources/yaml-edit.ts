import { isDeepStrictEqual } from 'node:util';
import { documentOf, valuesOf } from './yaml-document.ts';
import { layoutOf, type Layout } from './yaml-layout.ts';
import { inWords, Obstacle } from './yaml-obstacle.ts';
import { addressOf, type Address } from './yaml-path.ts';
import { placeOf, type Missing, type Place } from './yaml-place.ts';
import { splice, spansOf } from './yaml-spans.ts';
import { waysTo, type Wish } from './yaml-ways.ts';

/**
 * INVARIANTS
 *  - Only what an address names changes: everything else of the document says the same afterwards, or nothing is
 *    written. Every edit is read back.
 *  - Every byte outside of the entry's own stays: nothing is ever written out from what was parsed.
 */

export type Seen = Missing | null | { readonly is: string; readonly layout: Layout };
/** What stands at each address. Throws a sentence. */
export function look(path: string, text: string, addresses: readonly string[]): ReadonlyMap<string, Seen> {
  const document = documentOf(path, text);
  return inWords(
    path,
    text,
    () => new Map(addresses.map((address) => [address, seenAt(text, placeOf(document, addressOf(address)))])),
  );
}

function seenAt(text: string, place: Place | Missing): Seen {
  if ('missing' in place) return place;
  return place.is === null ? null : { is: place.is, layout: layoutOf(text, place) };
}

/**
 * The text with these entries as they shall be. What goes, goes first, and what comes back does so in the order in
 * which it stood, so that each finds its place among the others. Where an entry's place is not there, it stays away.
 */
export function edited(path: string, text: string, wishes: ReadonlyMap<string, Wish>): string {
  const indexOf = (wish: Wish): number =>
    wish === null ? -1 : (wish.layout?.index ?? Number.MAX_SAFE_INTEGER);
  const inOrder = [...wishes].toSorted(([, a], [, b]) => indexOf(a) - indexOf(b));
  return inOrder.reduce((before, [address, wish]) => one(path, before, addressOf(address), wish), text);
}

function one(path: string, text: string, address: Address, wish: Wish): string {
  const document = documentOf(path, text);
  return inWords(path, text, () => {
    const place = placeOf(document, address);
    if ('missing' in place || place.is === (wish?.is ?? null)) return text;
    for (const way of waysTo(text, place, address, wish)) {
      const after = splice(text, way);
      if (isAsWished(path, text, after, address, wish)) return after;
    }
    throw new Obstacle(
      spansOf(place)[place.at]?.from ?? place.list,
      `${nameOf(address)} cannot be edited without touching what stands around it. Edit it by hand`,
    );
  });
}

const nameOf = ({ path, flag }: Address): string => {
  const last = path.at(-1)!;
  return flag ?? ('key' in last ? last.key : last.is);
};

/** The edit has become what it was to be, and nothing else has become anything else. */
function isAsWished(path: string, before: string, after: string, address: Address, wish: Wish): boolean {
  try {
    const now = placeOf(documentOf(path, after), address);
    if ('missing' in now || now.is !== (wish?.is ?? null)) return false;
    return isDeepStrictEqual(othersOf(path, before, address), othersOf(path, after, address));
  } catch {
    return false;
  }
}

function othersOf(path: string, text: string, address: Address): unknown {
  const document = documentOf(path, text);
  const place = placeOf(document, address);
  if (!('missing' in place) && place.at >= 0) place.list.items.splice(place.at, 1);
  return valuesOf(document);
}
