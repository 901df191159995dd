import type { StateDirectory } from '../host/host.ts';

const FILE = 'followed';
/** Seldom, for the card's sake, and often enough for what is asked of it. */
const EVERY_MS = 900_000;
/** A host that has not followed the repository for so long asks it once before it starts keepalived. */
const LONG_MS = 3_600_000;

/** When the repository was last reached, wall clock: it outlives a reboot. */
export class Followed {
  readonly #state: StateDirectory;
  #keptMs: number | null = null;
  constructor(state: StateDirectory) {
    this.#state = state;
  }

  async keep(nowMs: number): Promise<void> {
    if (this.#keptMs !== null && nowMs >= this.#keptMs && nowMs - this.#keptMs < EVERY_MS) return;
    await this.#state.replace(FILE, String(nowMs));
    this.#keptMs = nowMs;
  }

  /** True also where nobody knows: a Pi without a battery wakes up with the time at which it went to sleep, or before. */
  async isLongAgo(nowMs: number): Promise<boolean> {
    const bytes = await this.#state.read(FILE);
    const lastMs = bytes === null ? Number.NaN : Number(new TextDecoder().decode(bytes));
    return !(nowMs >= lastMs && nowMs - lastMs < LONG_MS);
  }
}
