import { isCollection, isMap, isScalar, type Pair, type Scalar } from 'yaml';
import type { Place } from './yaml-place.ts';

/** Offsets into the text. */
export type Span = { readonly from: number; readonly to: number };
/** What is put in place of a span. */
export type Splice = Span & { readonly text: string };

export const splice = (text: string, { from, to, text: by }: Splice): string =>
  text.slice(0, from) + by + text.slice(to);

/** With the blanks after the colon, which are there only where there is a value. */
export function valueSpan(text: string, { range }: Scalar): Span {
  const [from, to] = range!;
  const lead = /:[ \t]*$/.exec(text.slice(0, from))?.[0].length ?? 1;
  return { from: from - lead + 1, to };
}

/** Where each entry of a map or a list begins and ends, without what is around it. */
export function spansOf({ list }: Pick<Place, 'list'>): readonly Span[] {
  return list.items.map((item) => {
    if (!isMap(list)) return spanOf(item);
    const { key, value } = item as Pair;
    const from = spanOf(key).from;
    const ends = value === null ? spanOf(key) : spanOf(value);
    return { from, to: Math.max(ends.to, spanOf(key).to) };
  });
}

function spanOf(node: unknown): Span {
  const range = (node as { readonly range?: readonly number[] | null } | null)?.range;
  if (range === undefined || range === null)
    throw new Error('it is written in a way that Holdfast does not know');
  return { from: range[0]!, to: contentEnd(node) };
}

/** A collection in block style ends, for the parser, where the next thing begins. */
function contentEnd(node: unknown): number {
  if (isCollection(node) && node.flow !== true) {
    const last: unknown = node.items.at(-1);
    if (isMap(node)) {
      const { key, value } = last as Pair;
      return value === null ? contentEnd(key) : contentEnd(value);
    }
    return contentEnd(last);
  }
  return (node as { readonly range: readonly number[] }).range[1]!;
}

export const lineStart = (text: string, at: number): number => text.lastIndexOf('\n', at - 1) + 1;
/** Before its line break. */
export function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  if (end < 0) return text.length;
  return text[end - 1] === '\r' && end > at ? end - 1 : end;
}
export const eolOf = (text: string): string => /\r?\n/.exec(text)?.[0] ?? '\n';

/** The beginning of the line that follows; `to` may be it already (a text in block style ends with its line break). */
export function lineAfter(text: string, to: number): number {
  if (text[to - 1] === '\n') return to;
  const end = text.indexOf('\n', to);
  return end < 0 ? text.length : end + 1;
}

export const typeOf = (node: unknown): Scalar.Type | null => (isScalar(node) ? (node.type ?? null) : null);
