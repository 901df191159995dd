import type { Time } from '../../../agent/health/check.ts';

/** Time that passes only where somebody waits for it. A limit (a sleep with a signal) is never reached. */
export function fakeTime(): Time & { now: number } {
  const time = {
    now: 0,
    clock: { monotonicMs: () => time.now },
    sleep: async (ms: number, signal?: AbortSignal): Promise<void> => {
      if (signal !== undefined)
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
      time.now += ms;
    },
  };
  return time;
}
