import type { StateDirectory } from '../host/host.ts';
import { parts, type Id } from '../resources/kind.ts';
import type { Change } from './change.ts';
import { digestOf } from './digest-of.ts';

/** Drift that was put right, or a package that was tried: which resource was to become what (a digest), and when. */
export type Correction = {
  readonly id: Id;
  readonly to: string;
  readonly atMs: number;
  /** It could not be put right: nobody changed it back. */
  readonly failed?: true;
};

const HOUR_MS = 3_600_000;
/** Once is an accident, and somebody at work breaks the same thing twice. */
const TIMES = 3;

/**
 * Drift that keeps coming back: somebody else brings the resource to another state, and putting it right every cycle
 * would restart daemons for ever. A package that no mirror has is no better. Both are held back until fewer than three
 * attempts lie within an hour. The clause says so, and stays the same from cycle to cycle.
 */
export function contested(
  past: readonly Correction[],
  changes: readonly Change[],
  nowMs: number,
): ReadonlyMap<Id, string> {
  const recent = past.filter(isRecent(nowMs));
  const held = new Map<Id, string>();
  for (const { id, to } of corrections(changes, nowMs)) {
    const ones = recent.filter((one) => one.id === id && one.to === to);
    const lastOnes = ones.toSorted((a, b) => a.atMs - b.atMs).slice(-TIMES);
    const [oldest] = lastOnes;
    if (lastOnes.length === TIMES && oldest !== undefined)
      held.set(id, clause(id, lastOnes, oldest.atMs + HOUR_MS));
  }
  return held;
}

/** What is to be remembered once these changes were made. */
export const withCorrections = (
  past: readonly Correction[],
  changes: readonly Change[],
  nowMs: number,
  failed = false,
): readonly Correction[] => [
  ...past.filter(isRecent(nowMs)),
  ...corrections(changes, nowMs).map((one) => (failed ? { ...one, failed } : one)),
];

/** Of a clock that was set back by more than an hour nobody knows when anything was: it is forgotten. */
const isRecent =
  (nowMs: number) =>
  ({ atMs }: Correction): boolean =>
    Math.abs(nowMs - atMs) < HOUR_MS;

const corrections = (changes: readonly Change[], atMs: number): readonly Correction[] =>
  changes
    .filter(({ id, why }) => why === 'drift' || parts(id)[0] === 'package')
    .map(({ id, to }) => ({ id, to: digestOf(to), atMs }));

function clause(id: Id, ones: readonly Correction[], againMs: number): string {
  const last = clock(ones.at(-1)!.atMs);
  if (parts(id)[0] === 'package')
    return `it was tried ${TIMES} times within an hour (last ${last}) and is not as it should be: see what "apt-get install ${parts(id)[1]}" says, then "holdfast retry"; it is tried again at ${clock(againMs)}`;
  if (ones.some(({ failed }) => failed === true))
    return `it was tried ${TIMES} times within an hour (last ${last}) and could not be put right: "holdfast history" says why; mend that, then "holdfast retry"; it is tried again at ${clock(againMs)}`;
  return `it was put right ${TIMES} times within an hour (last ${last}), and something changes it back each time: find out what (${suspects(id)}), then "holdfast retry"; it is tried again at ${clock(againMs)}`;
}

const clock = (ms: number): string => `${new Date(ms).toISOString().slice(11, 16)} UTC`;

function suspects(id: Id): string {
  const [kind, name] = parts(id);
  if (kind === 'unit') return `"journalctl -u ${name}" says who stops or starts it`;
  if (kind === 'sysctl') return 'another daemon that sets it, such as a network plugin';
  if (kind.startsWith('ufw')) return 'another program or script that runs ufw';
  return 'another program that writes it, a timer, a script';
}

const FILE = 'drift.json';

/** Kept until the next boot only. A damaged file is no corrections: at worst something is put right three times more. */
export async function readCorrections(runtime: StateDirectory): Promise<readonly Correction[]> {
  const bytes = await runtime.read(FILE);
  if (bytes === null) return [];
  try {
    const { corrections: read } = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    return Array.isArray(read) ? read.filter(isCorrection) : [];
  } catch {
    return [];
  }
}

const isCorrection = (x: unknown): x is Correction => {
  const { id, to, atMs } = (x ?? {}) as { readonly [key in keyof Correction]?: unknown };
  return typeof id === 'string' && typeof to === 'string' && typeof atMs === 'number';
};

export const writeCorrections = (runtime: StateDirectory, corrected: readonly Correction[]): Promise<void> =>
  corrected.length === 0
    ? runtime.remove(FILE)
    : runtime.replace(FILE, JSON.stringify({ version: 1, corrections: corrected }));
