/** So many a second, and after a rest as many at once. */
export type Rate = { readonly perSecond: number; readonly each: number };

type Bucket = { readonly left: number; readonly atMs: number };

/** How often peers may ask: one of them, and all together. Times are monotonic milliseconds. */
export class RateLimit {
  readonly #rate: Rate;
  /** By address. Only cluster nodes get as far as here, so there are no more of these than nodes. */
  readonly #each = new Map<string, Bucket>();
  #all: Bucket | null = null;
  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** Whether this question may be answered. One that may not does not count against the others. */
  allows(from: string, nowMs: number): boolean {
    const { each, perSecond } = this.#rate;
    const own = filled(this.#each.get(from), each, nowMs);
    const all = filled(this.#all, perSecond, nowMs);
    const mayAsk = own.left >= 1 && all.left >= 1;
    const taken = mayAsk ? 1 : 0;
    this.#each.set(from, { ...own, left: own.left - taken });
    this.#all = { ...all, left: all.left - taken };
    return mayAsk;
  }

  /** Those that are no longer nodes are forgotten. */
  keepOnly(peers: ReadonlySet<string>): void {
    for (const from of this.#each.keys()) if (!peers.has(from)) this.#each.delete(from);
  }
}

function filled(bucket: Bucket | null | undefined, perSecond: number, nowMs: number): Bucket {
  if (bucket === null || bucket === undefined) return { left: perSecond, atMs: nowMs };
  const more = (Math.max(0, nowMs - bucket.atMs) * perSecond) / 1000;
  return { left: Math.min(perSecond, bucket.left + more), atMs: nowMs };
}
