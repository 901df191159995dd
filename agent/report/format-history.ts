import { capped } from './harmless.ts';
import type { LastChange } from './status.ts';
import { age, span } from './times.ts';
import { ended, whatItWas } from './told.ts';
import { wholeChange } from './whole-change.ts';

/**
 * `holdfast history`: a table of the last changes, the newest at the bottom, next to the prompt, as in the journal. The
 * second line of an entry says why it did not simply go well.
 */
export function formatHistory(entries: readonly LastChange[], nowMs: number): string {
  if (entries.length === 0) return 'Nothing has been changed on this host yet.\n';
  const rows = entries.map((entry) => rowOf(wholeChange(entry), nowMs));
  const cells = [HEAD, ...rows.map(({ cells: of }) => of)];
  const widths = HEAD.map((_, column) => Math.max(...cells.map((of) => of[column]!.length)) + 2);
  const line = (of: readonly string[]): string =>
    of.map((cell, column) => cell.padEnd(widths[column]!)).join('');
  const under = ' '.repeat(widths[0]! + widths[1]! + widths[2]!);
  const lines = [
    line(HEAD).trimEnd(),
    ...rows.flatMap(({ cells: of, more }) => [
      line(of).trimEnd(),
      ...(more === null ? [] : [`${under}${oneLine(more)}`]),
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

type Cells = readonly [when: string, generation: string, end: string, change: string];
const HEAD: Cells = ['when', 'generation', 'end', 'change'];

function rowOf(change: LastChange, nowMs: number): { readonly cells: Cells; readonly more: string | null } {
  const { atMs, generation, end, changes, tookMs } = change;
  const count = changes.length === 1 ? '1 change' : `${changes.length} changes`;
  const what = `${whatItWas(change)}: ${count} in ${span(tookMs)}`;
  return {
    cells: [`${age(nowMs - atMs)} ago`, generation === 0 ? '-' : String(generation), end, what],
    more: moreOf(change),
  };
}

/** `null`: there is nothing to explain. */
function moreOf({ end, failure, note, quarantined }: LastChange): string | null {
  const why = failure === null ? [] : [`because: ${ended(failure)}`];
  const next = end === 'rolled back' && !quarantined ? ['It was to be tried again.'] : [];
  const told = [...why, ...(note === null ? [] : [ended(note)]), ...next];
  return told.length === 0 ? null : told.join(' ');
}

/** What a command printed may have many lines; all of it is in the journal. */
const oneLine = (text: string): string => capped(text.replaceAll(/\s+/g, ' ').trim(), 300);
