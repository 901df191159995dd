import type { Clock } from './host.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  // CLOCK_MONOTONIC, which counts from boot and is the same for every process.
  monotonicMs: () => Number(process.hrtime.bigint() / 1_000_000n),
};
