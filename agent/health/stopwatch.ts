import type { Time } from './check.ts';

/**
 * Time for limits, without what passed while this process was frozen (SIGSTOP, a debugger, a machine that swaps): when
 * it wakes up all its limits are over, although nobody has looked meanwhile.
 */
export type Stopwatch = {
  /** In all, so far. */
  lostMs(): number;
  /** `act` takes at most `limitMs`. `frozen`: it took much longer, so what it found says nothing. */
  during<T>(limitMs: number, act: () => Promise<T>): Promise<{ readonly found: T; readonly frozen: boolean }>;
};

/** What a busy Pi may be late by. */
const LATE_MS = 5_000;
/** A machine that is always late must come to an end as well. */
const MOST_LOSSES = 10;

export function openStopwatch({ clock }: Pick<Time, 'clock'>): Stopwatch {
  let lostMs = 0;
  let losses = 0;
  return {
    lostMs: () => lostMs,
    during: async (limitMs, act) => {
      const fromMs = clock.monotonicMs();
      const found = await act();
      const tookMs = clock.monotonicMs() - fromMs;
      const frozen = tookMs > limitMs + LATE_MS && losses < MOST_LOSSES;
      if (frozen) {
        losses += 1;
        lostMs += tookMs;
      }
      return { found, frozen };
    },
  };
}
