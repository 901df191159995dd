import { isMap } from 'yaml';
import { Obstacle } from './yaml-obstacle.ts';
import type { Place } from './yaml-place.ts';
import {
  eolOf,
  lineAfter,
  lineEnd,
  lineStart,
  spansOf,
  valueSpan,
  type Span,
  type Splice,
} from './yaml-spans.ts';

/** What goes when the entry goes, and what tells where it was. `lead`: from where its list begins. */
export type Cut = {
  readonly text: string;
  readonly how: 'lines' | 'end' | 'before next' | 'after previous' | 'sole';
  readonly lead: number;
};

/**
 * How an entry is written, for putting it back as it was: plain JSON for a blob. `value`: the text after its colon or,
 * of an argument, the whole item. `index`: how many entries stand before it. `cut`: `null` where nothing can be cut out
 * without touching what others wrote.
 */
export type Layout = { readonly value: string; readonly index: number; readonly cut: Cut | null };

/** Of a place where something stands. Throws a clause. */
export function layoutOf(text: string, place: Place): Layout {
  const value = valueSpan(text, place.scalar!);
  const shown = text.slice(value.from, value.to);
  if (shown.includes('\n'))
    throw new Obstacle(
      place.scalar,
      'it is a text of several lines, and only single lines are edited. Edit it by hand',
    );
  const cut = cutOf(text, place);
  return {
    value: shown,
    index: place.at,
    cut: cut && { text: text.slice(cut.from, cut.to), how: cut.how, lead: cut.lead },
  };
}

/** What goes when the entry goes; `null`: its line is shared in a way that leaves no clean cut. */
export function cutOf(text: string, place: Place): (Span & Pick<Cut, 'how' | 'lead'>) | null {
  const { list, at } = place;
  const spans = spansOf(place);
  const [own, next, previous] = [spans[at]!, spans[at + 1], spans[at - 1]];
  const begins = list.flow === true ? own.from - list.range![0] : 0;
  if (spans.length === 1) {
    if (list.flow === true) return { ...own, how: 'sole', lead: begins };
    return { from: list.range![0], to: own.to, how: 'sole', lead: isMap(list) ? 0 : -1 };
  }
  const isGap = (from: number, to: number): boolean =>
    (list.flow === true ? /^\s*,\s*$/ : /^\s*$/).test(text.slice(from, to));
  if (list.flow !== true && hasOwnLines(text, place, own)) return linesOf(text, own);
  if (next !== undefined && isGap(own.to, next.from) && (list.flow === true || isMap(list)))
    return { from: own.from, to: next.from, how: 'before next', lead: at === 0 ? begins : 0 };
  if (list.flow === true && previous !== undefined && isGap(previous.to, own.from))
    return { from: previous.to, to: own.to, how: 'after previous', lead: 0 };
  return null;
}

/** Nothing but its indentation, and a list's dash, stands before it. */
const hasOwnLines = (text: string, { list }: Place, { from }: Span): boolean =>
  (isMap(list) ? /^ *$/ : /^ *- +$/).test(text.slice(lineStart(text, from), from));

function linesOf(text: string, { from, to }: Span): Span & Pick<Cut, 'how' | 'lead'> {
  const begin = lineStart(text, from);
  const end = text.indexOf('\n', to);
  if (end >= 0) return { from: begin, to: end + 1, how: 'lines', lead: 0 };
  // The last line has no end: the line break before it goes instead.
  const eol = text[begin - 2] === '\r' ? 2 : 1;
  return { from: begin - eol, to: text.length, how: 'end', lead: 0 };
}

/** Where a cut was made, for what was cut out. `null`: nothing there looks as it did. */
export function backInto(text: string, place: Place, { index, cut }: Layout): Splice | null {
  if (cut === null) return null;
  const spans = spansOf(place);
  const [next, previous] = [spans[index], spans[index - 1]];
  const at = (offset: number): Splice => ({ from: offset, to: offset, text: cut.text });
  const [from, to] = place.list.range!;
  if (cut.how === 'sole') {
    if (spans.length > 0 || (cut.lead < 0 && text[from - 1] !== ' ')) return null;
    return cut.lead > 0 ? at(from + cut.lead) : { from: from + cut.lead, to, text: cut.text };
  }
  if (spans.length === 0 && (cut.how === 'lines' || cut.how === 'end'))
    return insteadOfEmptied(text, { from, to }, cut);
  if (cut.how === 'end') return at(text.length);
  if (cut.how === 'after previous') return previous === undefined ? null : at(previous.to);
  if (cut.how === 'before next' && spans.length === 0 && cut.lead > 0)
    return { ...at(from + cut.lead), text: cut.text.replace(/\s*,\s*$/, '') };
  if (cut.how === 'before next') return next === undefined ? null : at(next.from);
  if (next !== undefined) return at(lineStart(text, next.from));
  return previous === undefined ? null : afterLine(text, previous, cut.text);
}

/** The line before may have become the last of the text, without an end. */
function afterLine(text: string, previous: Span, lines: string): Splice {
  const offset = lineAfter(text, previous.to);
  const isOpen = text[offset - 1] !== '\n';
  return {
    from: offset,
    to: offset,
    text: isOpen ? `${eolOf(text)}${lines.replace(/\r?\n$/, '')}` : lines,
  };
}

/** The last to go left brackets on a line of their own; the first to come back has that line again. */
function insteadOfEmptied(text: string, { from, to }: Span, cut: Cut): Splice | null {
  const line = { from: lineStart(text, from), to: lineEnd(text, to) };
  const around = text.slice(line.from, from) + text.slice(to, line.to);
  return around.trim() === '' ? { ...line, text: cut.text.replace(/^\r?\n|\r?\n$/g, '') } : null;
}

/** What stays of a collection in block style. A list's dashes may stand as far left as its key; brackets may not. */
export const emptied = ({ list }: Place): string => (list.flow === true ? '' : isMap(list) ? '{}' : ' []');
