import type { Cluster } from '../desired/cluster.ts';
import type { Clock } from '../host/host.ts';
import type { Listen, Listening } from '../host/status-listener.ts';
import type { Log } from '../report/log.ts';
import { RateLimit } from './rate-limit.ts';
import { statusRoutes, type Served } from './status-routes.ts';

/** Where this host answers, and whom: the addresses of all nodes of the cluster, its own included. */
export type Where = {
  readonly address: string;
  readonly port: number;
  readonly peers: ReadonlySet<string>;
};

/** `own`: the address of this host; `null`: it has no part in the cluster, and nobody asks it. */
export function whereIn(
  { nodes, workers }: Pick<Cluster, 'nodes' | 'workers'>,
  own: string | null,
  port: number,
): Where | null {
  const peers = new Set([...nodes, ...workers].map(({ address }) => address));
  return own === null ? null : { address: own, port, peers };
}

export type StatusServerParts = Served & {
  readonly listen: Listen;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Ends early when the signal is given. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly log: Pick<Log, 'debug' | 'info' | 'warn'>;
};

const RATE = { perSecond: 30, each: 10 };
const AGAIN_MS = 5_000;

/**
 * The read-only endpoint that the other nodes ask. It is told where it should be as often as somebody likes, and goes
 * there as soon as it can: an address that is not there yet, or a port that is taken, is said once, tried again, and
 * keeps the agent from nothing.
 */
export class StatusServer {
  readonly #parts: StatusServerParts;
  readonly #rate = new RateLimit(RATE);
  readonly #answer: ReturnType<typeof statusRoutes>;
  #where: Where | null = null;
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();
  constructor(parts: StatusServerParts) {
    this.#parts = parts;
    this.#answer = statusRoutes(parts, this.#rate, parts.clock);
  }

  /** `null`: nowhere (this host belongs to no cluster). */
  serve(where: Where | null): void {
    const before = this.#where;
    this.#where = where;
    this.#rate.keepOnly(where?.peers ?? new Set());
    if (before?.address === where?.address && before?.port === where?.port) return;
    this.#stop.abort();
    this.#stop = new AbortController();
    if (where !== null) this.#running = this.#run(this.#running, where, this.#stop.signal);
  }

  /** Nobody is answered any more; connections that are open are closed. */
  close(): Promise<void> {
    this.serve(null);
    return this.#running;
  }

  async #run(before: Promise<void>, where: Where, stop: AbortSignal): Promise<void> {
    await before;
    const listening = await this.#listen(where, stop);
    if (listening === null) return;
    await aborted(stop);
    await listening.close();
  }

  async #listen(where: Where, stop: AbortSignal): Promise<Listening | null> {
    const { listen, log, sleep } = this.#parts;
    const answering = {
      mayAsk: (from: string) => this.#where?.peers.has(from) ?? false,
      answer: this.#answer,
    };
    let said: string | null = null;
    while (!stop.aborted) {
      const found = await listen(where, answering).catch((cause: unknown) => ({ failed: String(cause) }));
      if (!('failed' in found)) {
        const sentence = `The other nodes can ask for this host's status at ${where.address}:${where.port}.`;
        log[said === null ? 'debug' : 'info']({ event: 'status-served', sentence });
        return found;
      }
      if (found.failed !== said) log.warn(notServed(where, found.failed));
      said = found.failed;
      await sleep(AGAIN_MS, stop);
    }
    return null;
  }
}

const notServed = ({ address, port }: Where, why: string) => ({
  event: 'status-not-served',
  sentence: `The other nodes cannot ask for this host's status at ${address}:${port}: ${why}. It is tried again every ${AGAIN_MS / 1000} s; until then they take this host for one that does not answer.`,
});

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
