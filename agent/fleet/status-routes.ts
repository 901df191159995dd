import type { Clock } from '../host/host.ts';
import type { Heard } from '../host/status-listener.ts';
import { plain, requestIn, response } from './http.ts';
import type { PeerStatus } from './peer-status.ts';
import type { RateLimit } from './rate-limit.ts';
import { BRIEF } from './peers.ts';
import { notOlderThan } from './recent.ts';
import { writePeerStatus } from './write-peer-status.ts';

/** What is served, asked for when somebody asks, and at most every 2 s. */
export type Served = {
  readonly status: () => Promise<PeerStatus>;
  /** The same without what takes asking others. */
  readonly brief: () => Promise<PeerStatus>;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
};

const FRESH_MS = 2_000;
/** https://prometheus.io/docs/instrumenting/exposition_formats/ */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** From what was heard to the whole answer. Never rejects. */
export function statusRoutes(
  served: Served,
  rate: RateLimit,
  clock: Pick<Clock, 'monotonicMs'>,
): (heard: Heard, from: string) => Promise<string> {
  const status = notOlderThan(FRESH_MS, clock, async () =>
    response(200, 'application/json', writePeerStatus(await served.status())),
  );
  const brief = notOlderThan(FRESH_MS, clock, async () =>
    response(200, 'application/json', writePeerStatus(await served.brief())),
  );
  const metrics = notOlderThan(FRESH_MS, clock, async () =>
    response(200, METRICS_TYPE, await served.metrics()),
  );
  const routes = new Map([
    ['/status', status],
    [BRIEF, brief],
    ['/metrics', metrics],
  ]);
  return async (heard, from) => {
    if (!rate.allows(from, clock.monotonicMs()))
      return plain(429, 'Too many questions: ask again in a second.');
    if ('none' in heard)
      return heard.none === 'too long'
        ? plain(431, 'The request is too long.')
        : plain(408, 'The request took too long to come.');
    const request = requestIn(heard.head);
    if (request === null) return plain(400, 'This is not an HTTP request.');
    if (request.method !== 'GET') return plain(405, 'This is read-only: only GET is answered.');
    const route = routes.get(request.path);
    if (route === undefined) return plain(404, 'There are /status and /metrics.');
    return route().catch(() => plain(503, 'This host cannot say how it is now.'));
  };
}
