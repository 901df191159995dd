import type { Clock } from '../host/host.ts';
import { age } from '../report/times.ts';
import { GRACE_MS } from './blocking.ts';
import { keepStopped, type KeepingStopped, type Where } from './keep-stopped.ts';
import { differ } from './other-commits.ts';
import type { Sightings } from './sightings.ts';

export type CutOffParts = Omit<KeepingStopped, 'agreement'> & {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** `null`: this host is in the middle of a change, or nothing is in force. */
  readonly where: (sightings: Sightings) => Promise<Where | null>;
};

/** How long they wait for a host that does not answer is said by the very commit that this one has not seen. */
const LONG_MS = GRACE_MS;
/** The others do not come back into sight at one look. */
const COMING_BACK_MS = 30_000;

/**
 * A host that was cut off for so long that the others may have changed without it what all must agree on: when it sees
 * them again, and more than half of them have another commit in force, its keepalived is stopped at once, and stays so
 * until it has asked the repository once, as at boot. Nobody needs it meanwhile: they are more than half.
 */
export class CatchingUp {
  readonly #parts: CutOffParts;
  #cutOff: { readonly atMs: number; readonly forMs: number } | null = null;
  #isDue = false;
  constructor(parts: CutOffParts) {
    this.#parts = parts;
  }

  get isDue(): boolean {
    return this.#isDue;
  }

  /** To be told of every look. True: it has just begun, and a cycle is due. */
  async begins(sightings: Sightings): Promise<boolean> {
    const nowMs = this.#parts.clock.monotonicMs();
    const forMs = cutOffFor(sightings, nowMs);
    if (forMs !== null && forMs >= LONG_MS) this.#cutOff = { atMs: nowMs, forMs };
    const cutOff = this.#cutOff;
    if (forMs !== null || cutOff === null || this.#isDue) return false;
    if (nowMs - cutOff.atMs > COMING_BACK_MS) this.#cutOff = null;
    const where = this.#cutOff === null ? null : await this.#parts.where(sightings);
    if (where === null || where.inForce === null || !differ(sightings, { ...where, inForce: where.inForce }))
      return false;
    this.#cutOff = null;
    this.#isDue = true;
    const why = `this host saw nobody for ${age(cutOff.forMs)}, and more than half of the others have another commit in force now: it asks the repository once whether they still agree on the virtual IP`;
    // Where it cannot be stopped, the question is all the more due.
    await keepStopped(why, this.#parts).catch(() => undefined);
    return true;
  }

  /** Under the lock of a cycle: `agree` finds out, and lets keepalived run or keeps it stopped. */
  async end(agree: () => Promise<void>): Promise<void> {
    if (!this.#isDue) return;
    try {
      await agree();
    } finally {
      // From now on the ordinary looks decide.
      this.#isDue = false;
    }
  }
}

/** How long nobody has answered; `null`: somebody does, or there is nobody. */
function cutOffFor(sightings: Sightings, nowMs: number): number | null {
  const silent = [...sightings.values()].map(({ silent: one }) => one);
  const sinces = silent.flatMap((one) => (one === null ? [] : [one.sinceMs]));
  return silent.length === 0 || sinces.length < silent.length ? null : nowMs - Math.max(...sinces);
}
