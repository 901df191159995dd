import type { UnitFact } from './live-fact.ts';
import type { Proof } from './live-proof.ts';
import { inWords, restartedInWords, type UnitState } from './unit.ts';

/** So often may systemd restart it by itself: the first may be a port that was taken for a moment. */
const MOST_RESTARTS = 2;

/**
 * A restart is live with a new invocation; what was reloaded runs on, or was started anew and has read everything. What
 * was to be started may have run already, for instance on from before its file came back.
 */
export function proveUnit(fact: UnitFact, now: UnitState): Proof {
  const isNew = now.invocation !== fact.invocation;
  // systemd counts its own restarts from the last start that somebody asked for.
  const before = fact.did === 'reload' && now.restarts >= fact.restarts ? fact.restarts : 0;
  if (now.restarts - before > MOST_RESTARTS) return { dead: `${inWords(now)}; ${restartedInWords(now)}` };
  if (now.state === 'unknown' || now.state === 'failed') return { dead: inWords(now) };
  if (now.type === 'oneshot' && isNew && now.state === 'inactive' && now.result === 'success')
    return { live: true };
  if (now.state !== 'active') return { waiting: inWords(now) };
  if (!isNew && fact.did === 'restart')
    return { waiting: 'it still runs as before the restart (same invocation)' };
  return { live: true };
}
