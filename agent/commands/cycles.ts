/** A cycle that has not ended after so long is taken for stuck: the watchdog is no longer fed, and systemd acts. */
const LONGEST_CYCLE_MS = 30 * 60_000;

/** One at a time; what is asked for meanwhile becomes one more afterwards. */
export class Cycles {
  #current: Promise<void> | null = null;
  #again = false;
  #startedMs = 0;
  readonly #cycle: () => Promise<void>;
  readonly #nowMs: () => number;
  constructor(cycle: () => Promise<void>, nowMs: () => number) {
    this.#cycle = cycle;
    this.#nowMs = nowMs;
  }
  get busy(): boolean {
    return this.#current !== null;
  }
  get stuck(): boolean {
    return this.busy && this.#nowMs() - this.#startedMs > LONGEST_CYCLE_MS;
  }
  ask(): Promise<void> {
    if (this.#current === null) this.#current = this.#loop();
    else this.#again = true;
    return this.#current;
  }
  async idle(): Promise<void> {
    this.#again = false;
    await this.#current;
  }
  async #loop(): Promise<void> {
    do {
      this.#again = false;
      this.#startedMs = this.#nowMs();
      await this.#cycle();
    } while (this.#again);
    this.#current = null;
  }
}
