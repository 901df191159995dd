import type { Clock } from '../host/host.ts';

/**
 * An answer that several askers share, as long as it is not older than this: however many ask, this host is looked at
 * once. Counted from when the look began. A look that failed is not kept.
 */
export function notOlderThan<T>(
  ageMs: number,
  clock: Pick<Clock, 'monotonicMs'>,
  look: () => Promise<T>,
): () => Promise<T> {
  let last: { readonly atMs: number; readonly seen: Promise<T> } | null = null;
  return () => {
    const nowMs = clock.monotonicMs();
    if (last !== null && nowMs - last.atMs < ageMs) return last.seen;
    const mine = { atMs: nowMs, seen: look() };
    last = mine;
    mine.seen.catch(() => {
      if (last === mine) last = null;
    });
    return mine.seen;
  };
}
