import type { Probes } from '../host/probes.ts';
import type { Failed, Time } from './check.ts';
import { readKeepalivedConf, type KeepalivedConf } from './keepalived-conf.ts';
import { isHaproxy, isKeepalived, MASTER_MS, type LiveFact } from './live-facts.ts';
import { proveHaproxy } from './live-haproxy.ts';
import { proveKeepalived } from './live-keepalived.ts';
import { proveUnit, type Proof } from './live-unit.ts';
import { unitState, type UnitState } from './unit.ts';
import { DUMP_MS } from './vrrp.ts';

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
/** So long a daemon that was started must have stayed up. */
const SETTLED_MS = 2_000;
const EVERY_MS = 250;

/** Waits until everything that the steps started, restarted or reloaded runs with what they brought. */
export async function waitUntilLive({ facts, probes, deadlineMs, time, onLook }: Waiting): Promise<Lived> {
  const fromMs = time.clock.monotonicMs();
  const settling = new Map<string, Settling>();
  for (;;) {
    const looks = await Promise.all(
      facts.map(async (fact) => ({ fact, proof: await prove(fact, probes, settling, time) })),
    );
    const nowMs = time.clock.monotonicMs();
    const tookMs = nowMs - fromMs;
    const isOver = ({ did }: LiveFact): boolean =>
      nowMs >= deadlineMs || (did === 'reload' && tookMs >= RELOAD_LIMIT_MS);
    const failed = looks.flatMap(({ fact, proof }) => notLive(fact, proof, isOver(fact), tookMs));
    if (failed.length > 0) return { live: false, failed, unproven: [], tookMs };
    if (looks.every(({ proof }) => 'live' in proof))
      return { live: true, failed: [], unproven: looks.flatMap(unprovenIn), tookMs };
    onLook?.();
    await time.sleep(EVERY_MS);
  }
}

type Look = { readonly fact: LiveFact; readonly proof: Proof };

function notLive({ unit }: LiveFact, proof: Proof, isOver: boolean, tookMs: number): readonly Failed[] {
  const id = `live[${unit}]`;
  if ('dead' in proof) return [{ id, seen: proof.dead }];
  if ('live' in proof || !isOver) return [];
  return [{ id, seen: `not within ${Math.round(tookMs / 1000)} s: ${proof.waiting}` }];
}

const unprovenIn = ({ fact, proof }: Look): readonly string[] =>
  'unproven' in proof && proof.unproven !== undefined
    ? [`Whether the ${fact.did} of ${fact.unit} worked cannot be proved: ${proof.unproven}.`]
    : [];

type Settling = { readonly invocation: string; readonly sinceMs: number };

async function prove(
  fact: LiveFact,
  probes: Probes,
  settling: Map<string, Settling>,
  time: Time,
): Promise<Proof> {
  let now: UnitState;
  try {
    now = await unitState(fact.unit, probes.live);
  } catch (cause) {
    return {
      waiting: `systemd could not be asked: ${cause instanceof Error ? cause.message : String(cause)}`,
    };
  }
  const proof = proveUnit(fact, now);
  if (!('live' in proof)) return proof;
  if (fact.did === 'reload' && now.invocation === fact.invocation) return proveReload(fact, probes);
  return settled(fact, now, settling, time);
}

async function proveReload(fact: LiveFact, probes: Probes): Promise<Proof> {
  if (isHaproxy(fact.unit)) return proveHaproxy(fact, await probes.haproxy(fact.unit, MASTER_MS));
  if (isKeepalived(fact.unit)) return proveKeepalived(fact, await probes.vrrp(DUMP_MS), await conf(probes));
  return { live: true };
}

async function conf({ files }: Probes): Promise<KeepalivedConf | null> {
  const file = await files.read('/etc/keepalived/keepalived.conf');
  return file === null ? null : readKeepalivedConf(files.text(file.content));
}

function settled(fact: LiveFact, now: UnitState, settling: Map<string, Settling>, { clock }: Time): Proof {
  const nowMs = clock.monotonicMs();
  const before = settling.get(fact.unit);
  const sinceMs = before?.invocation === now.invocation ? before.sinceMs : nowMs;
  settling.set(fact.unit, { invocation: now.invocation, sinceMs });
  return now.state !== 'active' || nowMs - sinceMs >= SETTLED_MS
    ? { live: true }
    : { waiting: 'it has only just started' };
}
