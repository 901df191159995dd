import type { Time } from '../../../agent/health/check.ts';
import { SAMPLE_LIMIT_MS } from '../../../agent/health/sample.ts';

/** Time that passes only where somebody waits for it. The limit of a sample is never reached. */
export function fakeTime(): Time & { now: number } {
  const time = {
    now: 0,
    clock: { monotonicMs: () => time.now },
    sleep: async (ms: number, signal?: AbortSignal): Promise<void> => {
      if (signal !== undefined && ms === SAMPLE_LIMIT_MS)
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
      time.now += ms;
    },
  };
  return time;
}
