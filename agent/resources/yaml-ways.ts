import { isMap, type Pair } from 'yaml';
import { backInto, cutOf, emptied, type Layout } from './yaml-layout.ts';
import type { Address } from './yaml-path.ts';
import type { Place } from './yaml-place.ts';
import { written } from './yaml-scalar.ts';
import { eolOf, lineEnd, lineStart, spansOf, typeOf, valueSpan, type Splice } from './yaml-spans.ts';

/** What an entry shall be, and how it was written when it was last seen; `null`: it shall not be there. */
export type Wish = { readonly is: string; readonly layout: Layout | null } | null;

/** As it was written, if that is known; else as its neighbours are. */
export function* waysTo(text: string, place: Place, { path, flag }: Address, wish: Wish): Generator<Splice> {
  if (wish === null) {
    const cut = cutOf(text, place);
    if (cut !== null) yield { ...cut, text: cut.how === 'sole' ? emptied(place) : '' };
    return;
  }
  if (place.scalar !== null) {
    const span = valueSpan(text, place.scalar);
    if (wish.layout !== null) yield { ...span, text: wish.layout.value };
    const lead = /^[ \t]+/.exec(text.slice(span.from, span.to))?.[0] ?? (flag === null ? ' ' : '');
    yield { ...span, text: lead + source(wish.is, flag, typeOf(place.scalar)) };
    return;
  }
  const back = wish.layout && backInto(text, place, wish.layout);
  if (back !== null) yield back;
  const last = path.at(-1)!;
  yield added(text, place, flag === null && 'key' in last ? last.key : null, wish.is, flag);
}

/** A flag is one item with its value; one that stands alone says nothing but its name. */
function source(is: string, flag: string | null, like: Parameters<typeof written>[1]): string {
  if (flag === null) return written(is, like);
  return written(JSON.stringify(is === 'true' ? flag : `${flag}=${JSON.parse(is)}`), like);
}

/** At the end of its map or list, written as the entry before it. */
function added(text: string, place: Place, key: string | null, is: string, flag: string | null): Splice {
  const { list } = place;
  const spans = spansOf(place);
  const last: unknown = list.items.at(-1);
  const [keyNode, valueNode] = isMap(list)
    ? [(last as Pair | undefined)?.key, (last as Pair | undefined)?.value]
    : [null, last];
  const like = spans.length === 0 ? null : typeOf(valueNode);
  const value = source(is, flag, like === 'QUOTE_DOUBLE' || like === 'QUOTE_SINGLE' ? like : null);
  const entry = key === null ? value : `${written(JSON.stringify(key), typeOf(keyNode))}: ${value}`;
  const end = spans.at(-1)?.to;
  if (end === undefined) return at(list.range![0] + 1, entry);
  if (list.flow === true) return at(end, `, ${entry}`);
  const line = lineEnd(text, text[end - 1] === '\n' ? end - eolOf(text).length : end);
  return at(line, `${eolOf(text)}${indentation(text, place, spans[0]!.from)}${entry}`);
}

const at = (offset: number, text: string): Splice => ({ from: offset, to: offset, text });

/** A list's dash stands before its items, and a map may begin behind one. */
function indentation(text: string, { list }: Place, from: number): string {
  const before = text.slice(lineStart(text, from), from);
  if (isMap(list)) return ' '.repeat(before.length);
  const dash = before.lastIndexOf('-');
  return `${' '.repeat(Math.max(dash, 0))}${dash < 0 ? '- ' : before.slice(dash)}`;
}
