import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Observes until what is seen is well, and gives it back. Without `isWell`, any
 * truthy value is. An observation that throws counts as one that is not well.
 * Past the deadline it throws a sentence that names what was seen last.
 */
export async function waitFor<T>(
  description: string,
  observe: () => T | Promise<T>,
  deadlineMs: number,
  isWell: (seen: T) => boolean = Boolean,
  /** Longer where what is waited for takes long, and asking would slow it down. */
  everyMs: number = 100,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  let last = 'nothing';
  for (;;) {
    try {
      const seen = await observe();
      if (isWell(seen)) return seen;
      last = JSON.stringify(seen) ?? String(seen);
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (performance.now() > end) {
      throw new Error(`Waited ${deadlineMs / 1000} s for ${description}. Last seen: ${last}`);
    }
    await sleep(everyMs);
  }
}
