import type { Clock } from '../host/host.ts';

/** So often the wall clock is looked at again: it may be set meanwhile. */
const LONGEST_MS = 30_000;

/** Asks for a cycle at a time of the wall clock: the schedule may be minutes. The last one that is set counts. */
export class Wake {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly #ask: () => void;
  #set: { readonly atMs: number; readonly off: AbortController } | null = null;
  constructor(
    clock: Pick<Clock, 'now'>,
    sleep: (ms: number, signal: AbortSignal) => Promise<void>,
    ask: () => void,
  ) {
    this.#clock = clock;
    this.#sleep = sleep;
    this.#ask = ask;
  }

  at(atMs: number | null): void {
    if (this.#set?.atMs === atMs) return;
    this.#set?.off.abort();
    this.#set = atMs === null ? null : { atMs, off: new AbortController() };
    if (this.#set !== null) void this.#wait(this.#set.atMs, this.#set.off.signal);
  }

  async #wait(atMs: number, off: AbortSignal): Promise<void> {
    for (;;) {
      const leftMs = atMs - this.#clock.now();
      if (leftMs <= 0) break;
      await this.#sleep(Math.min(leftMs, LONGEST_MS), off);
      if (off.aborted) return;
    }
    this.#set = null;
    this.#ask();
  }
}
