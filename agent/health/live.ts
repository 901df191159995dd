import type { Probes } from '../host/probes.ts';
import type { Failed, Time } from './check.ts';
import { apiServerNow, proveApiServer } from './live-api-server.ts';
import { nameOf, type LiveFact } from './live-fact.ts';
import type { Proof } from './live-proof.ts';
import { openUnitProver } from './prove-unit.ts';
import { openStopwatch } from './stopwatch.ts';

export type Lived = {
  readonly live: boolean;
  /** `live[haproxy.service]` and why not. */
  readonly failed: readonly Failed[];
  /** What could not be proved, as sentences: to be said, not held against the change. */
  readonly unproven: readonly string[];
  readonly tookMs: number;
};

export type Waiting = {
  readonly facts: readonly LiveFact[];
  readonly probes: Probes;
  readonly deadlineMs: number;
  readonly time: Time;
  /** For the watchdog. */
  readonly onLook?: () => void;
};

export const LIVE_LIMIT_MS = 300_000;
/** A reload takes a fraction of a second, and HAProxy's attempts at a bind that is taken two seconds more. */
const RELOAD_LIMIT_MS = 30_000;
/** Every probe has a limit of its own; this one is for what hangs all the same (a bus that does not answer). */
const LOOK_LIMIT_MS = 40_000;
/** Often at first, when most are live. An API server takes a minute, and needs the processor for it. */
const everyMs = (tookMs: number): number => (tookMs < 5_000 ? 250 : 1_000);

type Prove = (fact: LiveFact) => Promise<Proof>;

/** Waits until everything that the steps started, restarted, reloaded or have kubelet start runs with what they brought. */
export async function waitUntilLive({ facts, probes, deadlineMs, time, onLook }: Waiting): Promise<Lived> {
  const { clock } = time;
  const fromMs = clock.monotonicMs();
  const watch = openStopwatch(time);
  const prove = openProver(probes, time);
  /** Since when each has been waited for without a break: one that fails to answer once has not failed. */
  const since = new Map<LiveFact, number>(facts.map((fact) => [fact, fromMs]));
  for (;;) {
    // What a look finds that began in time is not too late, however long it took.
    const nowMs = clock.monotonicMs() - watch.lostMs();
    const { found } = await watch.during(LOOK_LIMIT_MS, async () => Promise.all(facts.map(prove)));
    const looks = facts.map((fact, at) => {
      const proof = found[at]!;
      const waitedMs = nowMs - since.get(fact)!;
      if ('live' in proof) since.set(fact, nowMs);
      return { fact, proof, waitedMs, isOver: nowMs >= deadlineMs || waitedMs >= limitOf(fact) };
    });
    const tookMs = clock.monotonicMs() - fromMs;
    const failed = looks.flatMap(notLive);
    if (failed.length > 0) return { live: false, failed, unproven: [], tookMs };
    if (looks.every(isDecided)) return { live: true, failed, unproven: looks.flatMap(unprovenIn), tookMs };
    onLook?.();
    await watch.during(everyMs(tookMs), () => time.sleep(everyMs(tookMs)));
  }
}

const limitOf = (fact: LiveFact): number =>
  'unit' in fact && fact.did === 'reload' ? RELOAD_LIMIT_MS : Number.POSITIVE_INFINITY;

function openProver(probes: Probes, time: Time): Prove {
  const proveUnit = openUnitProver(probes, time);
  return async (fact) => {
    try {
      return 'unit' in fact
        ? await proveUnit(fact)
        : proveApiServer(fact, await apiServerNow(fact.apiServer, probes, fact.kubelet));
    } catch (cause) {
      return {
        waiting: `it could not be looked at: ${cause instanceof Error ? cause.message : String(cause)}`,
      };
    }
  };
}

type Look = {
  readonly fact: LiveFact;
  readonly proof: Proof;
  readonly waitedMs: number;
  readonly isOver: boolean;
};

const isExcused = ({ proof, isOver }: Look): boolean =>
  isOver && 'waiting' in proof && proof.excuse !== undefined;
const isDecided = (look: Look): boolean => 'live' in look.proof || isExcused(look);

function notLive(look: Look): readonly Failed[] {
  const { fact, proof, waitedMs, isOver } = look;
  const id = `live[${nameOf(fact)}]`;
  if ('dead' in proof) return [{ id, seen: proof.dead }];
  if ('live' in proof || !isOver || isExcused(look)) return [];
  return [{ id, seen: `not within ${Math.round(waitedMs / 1000)} s: ${proof.waiting}` }];
}

function unprovenIn({ fact, proof }: Look): readonly string[] {
  const why =
    'live' in proof
      ? proof.unproven
      : 'waiting' in proof
        ? `${proof.waiting}; ${proof.excuse ?? ''}`
        : undefined;
  return why === undefined ? [] : [`Whether ${inWords(fact)} cannot be proved: ${why}.`];
}

function inWords(fact: LiveFact): string {
  if ('unit' in fact) return `the ${fact.did} of ${fact.unit} worked`;
  return `the API server ${fact.shallRun ? 'runs with its new manifest' : 'has ended with its manifest'}`;
}
