import type { Probes } from '../host/probes.ts';
import type { Time } from './check.ts';
import { keepalivedConf } from './keepalived-conf.ts';
import type { UnitFact } from './live-fact.ts';
import { isHaproxy, isKeepalived, isNginx, MASTER_MS } from './live-facts.ts';
import { proveHaproxy } from './live-haproxy.ts';
import { proveKeepalived } from './live-keepalived.ts';
import { proveNginx } from './live-nginx.ts';
import type { Proof } from './live-proof.ts';
import { proveUnit } from './live-unit.ts';
import { unitState, type UnitState } from './unit.ts';
import { DUMP_MS } from './vrrp.ts';

/** So long a daemon that was started must have stayed up. */
const SETTLED_MS = 2_000;

/** Looks at units again and again, and remembers since when each has been up. */
export function openUnitProver(probes: Probes, { clock }: Time): (fact: UnitFact) => Promise<Proof> {
  const up = new Map<string, Up>();
  return async (fact) => {
    const now = await unitState(fact.unit, probes.live);
    const proof = proveUnit(fact, now);
    if (!('live' in proof)) return proof;
    if (fact.did === 'reload' && now.invocation === fact.invocation) return proveReload(fact, probes);
    return settled(now, fact.unit, up, clock.monotonicMs());
  };
}

async function proveReload(fact: UnitFact, probes: Probes): Promise<Proof> {
  if (isHaproxy(fact.unit)) return proveHaproxy(fact, await probes.haproxy(fact.unit, MASTER_MS));
  if (isNginx(fact.unit)) return proveNginx(fact, await probes.nginx(fact.unit));
  if (isKeepalived(fact.unit))
    return proveKeepalived(fact, await probes.vrrp(DUMP_MS), await keepalivedConf(probes));
  return { live: true };
}

type Up = { readonly invocation: string; readonly sinceMs: number };

function settled(now: UnitState, unit: string, up: Map<string, Up>, nowMs: number): Proof {
  const before = up.get(unit);
  const sinceMs = before?.invocation === now.invocation ? before.sinceMs : nowMs;
  up.set(unit, { invocation: now.invocation, sinceMs });
  return now.state !== 'active' || nowMs - sinceMs >= SETTLED_MS
    ? { live: true }
    : { waiting: 'it has only just started' };
}
