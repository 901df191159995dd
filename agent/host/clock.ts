import type { Clock } from './host.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  // CLOCK_MONOTONIC, which counts from boot and is the same for every process.
  monotonicMs: () => Number(process.hrtime.bigint() / 1_000_000n),
};

/** Resolves after `ms`, or as soon as `signal` is aborted; never rejects. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}
