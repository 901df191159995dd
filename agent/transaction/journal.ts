import { crc32 } from 'node:zlib';
import type { StateDirectory } from '../host/host.ts';
import { fold, IDLE, JournalDamaged, next, type Begin, type Entry, type Phase } from './phase.ts';

const FILE = 'journal';
export { FILE as JOURNAL_FILE };

/**
 * INVARIANTS
 *  - When `append` returns, the entry survives a power cut; when it throws, nobody will ever read it.
 *  - Only what may follow is appended, so what is read always folds.
 *  - A last line without its end was being written when the power went: the effect that it was to announce has not
 *    happened, and it is no line. Anything else that does not fit is damage.
 */
export interface Journal {
  readonly phase: Phase;
  append(entry: Entry): Promise<Phase>;
  /** After `stuck`: the attempts before it are forgotten, so that a journal cannot grow for as long as it is stuck. */
  appendLast(entry: Entry & { t: 'stuck' }): Promise<Phase>;
  /** The transaction is settled. */
  remove(): Promise<void>;
}

type Line = { readonly entry: Entry; readonly sum: string };
type Read = { readonly lines: readonly Line[]; readonly length: number };

export async function openJournal(state: StateDirectory): Promise<Journal> {
  const bytes = await state.read(FILE);
  const read = bytes === null ? { lines: [], length: 0 } : parse(bytes, `${state.path}/${FILE}`);
  return journal(state, read);
}

/** For whoever shows damage, or puts it aside, rather than stopping at it. */
export const journalOrDamage = (state: StateDirectory): Promise<Journal | JournalDamaged> =>
  openJournal(state).catch((cause: unknown) => {
    if (cause instanceof JournalDamaged) return cause;
    throw cause;
  });

function journal(state: StateDirectory, read: Read): Journal {
  let { lines, length } = read;
  let phase = foldAll(lines, `${state.path}/${FILE}`);
  const append = async (entry: Entry): Promise<Phase> => {
    const after = next(phase, entry);
    const line = lineOf(entry, lines.at(-1)?.sum ?? '');
    const bytes = new TextEncoder().encode(line.text);
    await state.append(FILE, bytes, length);
    length += bytes.byteLength;
    lines = [...lines, line];
    phase = after;
    return phase;
  };
  return {
    get phase() {
      return phase;
    },
    append,
    appendLast: async (entry) => {
      const after = next(phase, entry);
      const kept = lines.filter((line) => line.entry.t !== 'stuck');
      const line = lineOf(entry, kept.at(-1)?.sum ?? '');
      const text = textOf(kept) + line.text;
      await state.replace(FILE, text);
      length = new TextEncoder().encode(text).byteLength;
      lines = [...kept, line];
      phase = after;
      return phase;
    },
    remove: async () => {
      await state.remove(FILE);
      ({ lines, length } = { lines: [], length: 0 });
      phase = IDLE;
    },
  };
}

/** Each line's sum covers the one before it as well: a line that was lost, doubled or moved does not fit. */
const sumOf = (json: string, before: string): string =>
  crc32(`${before}${json}`).toString(16).padStart(8, '0');

function lineOf(entry: Entry, before: string): Line & { readonly text: string } {
  const json = JSON.stringify(entry);
  const sum = sumOf(json, before);
  return { entry, sum, text: `${sum} ${json}\n` };
}

function textOf(lines: readonly Line[]): string {
  let before = '';
  return lines
    .map(({ entry }) => {
      const { sum, text } = lineOf(entry, before);
      before = sum;
      return text;
    })
    .join('');
}

function parse(bytes: Uint8Array, path: string): Read {
  const end = bytes.lastIndexOf(0x0a) + 1;
  const texts = new TextDecoder().decode(bytes.subarray(0, end)).split('\n').slice(0, -1);
  let before = '';
  const lines = texts.map((text, at): Line => {
    const line = entryIn(text, before);
    if (line === null) throw damaged(path, at, 'its checksum does not fit');
    before = line.sum;
    return line;
  });
  return { lines, length: end };
}

function entryIn(text: string, before: string): Line | null {
  const [sum, json] = [text.slice(0, 8), text.slice(9)];
  if (sumOf(json, before) !== sum || text[8] !== ' ') return null;
  return { entry: JSON.parse(json) as Entry, sum };
}

function foldAll(lines: readonly Line[], path: string): Phase {
  const begin = lines[0]?.entry as Partial<Begin> | undefined;
  if (begin?.t === 'begin' && begin.version !== 1)
    throw damaged(path, 0, 'it was written by another release of Holdfast, which has to finish it');
  try {
    return fold(lines.map(({ entry }) => entry));
  } catch (cause) {
    if (!(cause instanceof JournalDamaged)) throw cause;
    throw damaged(path, lines.length - 1, cause.message);
  }
}

const damaged = (path: string, at: number, why: string): JournalDamaged =>
  new JournalDamaged(
    `${path} cannot be understood (line ${at + 1}: ${why}). It is the record of a change that has not ended, so nothing is changed until it can: put it back from a backup, or accept this host as it is with: holdfast settle`,
  );
