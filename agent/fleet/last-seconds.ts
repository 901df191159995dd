import type { Time } from '../health/check.ts';
import type { LockstepAnswer } from './lockstep-step.ts';
import { STALE_MS } from './sightings.ts';

/** The others are asked once more then: one that has stepped back meanwhile keeps all from moving. */
export const CONFIRM_MS = 3_000;
/** What a host says is heard by all after so long: answers are shared for a while. */
const HEARD_MS = STALE_MS;
const LAST_TRY_MS = 500;
const BETWEEN_TRIES_MS = 200;

/**
 * The last seconds before a moment, in monotonic milliseconds: the wall clock may be set in them, and the others have
 * agreed to what it said before.
 */
export class LastSeconds {
  readonly #dueMs: number;
  readonly #time: Time;
  constructor(dueMs: number, time: Time) {
    this.#dueMs = dueMs;
    this.#time = time;
  }

  /** Whether this host has seen how it is while the others would still hear that it steps back. */
  async isInTime(looked: Promise<unknown>): Promise<boolean> {
    const { clock, sleep } = this.#time;
    const leftMs = this.#dueMs - CONFIRM_MS - HEARD_MS - clock.monotonicMs();
    const late = sleep(Math.max(0, leftMs)).then(
      () => false,
      // The agent is to end, which the look finds out as well.
      () => true,
    );
    return Promise.race([looked.then(() => true), late]);
  }

  /** What the others say shortly before. One answer that got lost is no reason to stay behind. */
  async come(ask: () => Promise<LockstepAnswer>): Promise<LockstepAnswer> {
    await this.#until(this.#dueMs - CONFIRM_MS);
    let sure = await ask();
    while (!('apply' in sure) && this.#time.clock.monotonicMs() < this.#dueMs - LAST_TRY_MS) {
      await this.#time.sleep(BETWEEN_TRIES_MS);
      sure = await ask();
    }
    return sure;
  }

  /** Ends at the moment. */
  go(): Promise<void> {
    return this.#until(this.#dueMs);
  }

  async #until(monotonicMs: number): Promise<void> {
    for (;;) {
      const leftMs = monotonicMs - this.#time.clock.monotonicMs();
      if (leftMs <= 0) return;
      await this.#time.sleep(Math.min(leftMs, 1_000));
    }
  }
}
