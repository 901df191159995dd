import type { HealthFacts } from '../health/checks-for.ts';
import type { Time } from '../health/check.ts';
import { holds } from '../health/vip-owner.ts';
import type { HandOverPort } from '../host/hand-over.ts';
import type { Probes } from '../host/probes.ts';
import type { Log } from '../report/log.ts';

/** What giving the virtual IP away, and taking it back, works with. */
export type HandOverTools = {
  readonly port: HandOverPort;
  /** Loaded when something is given away. */
  readonly probes: () => Promise<Probes>;
  /** Asked for every second or two, and so without the rest of the probes. */
  readonly addresses: Probes['addresses'];
  readonly time: Time;
  readonly log: Pick<Log, 'debug' | 'info'>;
  /** One after the other: a cycle must not put right what the daemon is in the middle of beside it. */
  readonly alone: <T>(act: () => Promise<T>) => Promise<T>;
};

/** Of which cluster, and who this host is in it. */
export type Place = Pick<HealthFacts, 'cluster' | 'role' | 'givenUp'>;

/** This host is released, and does not have the address afterwards. */
export const hasNoPart = ({ givenUp = [] }: Pick<Place, 'givenUp'>): boolean => givenUp.includes('vrrp');

/**
 * What this host says of its own priority, keepalived.conf(5), vrrp_track_file: -254 and less is FAULT, so that the
 * address goes at once and the next one takes it after its skew time (0.6 s at priority 100).
 */
export const GONE = -254;

/**
 * On a level with the best of those below: none of them is preempted by this host, and if one of them gives the
 * address away, this host gets it before the others. `null`: there is nobody below.
 */
export function levelWithNext({ cluster, role }: Place): number | null {
  const own = role.priority ?? 0;
  const below = cluster.nodes.map(({ priority }) => priority).filter((priority) => priority < own);
  return below.length === 0 ? null : Math.max(...below) - own;
}

export const holdsIt = ({ cluster }: Place, tools: Pick<HandOverTools, 'addresses'>): boolean =>
  holds(tools, cluster.interface, cluster.vip);

/** Asks again and again, at most for so long. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  limitMs: number,
  everyMs: number,
  { clock, sleep }: Time,
): Promise<boolean> {
  const endMs = clock.monotonicMs() + limitMs;
  for (;;) {
    if (await isSo()) return true;
    if (clock.monotonicMs() >= endMs) return false;
    await sleep(everyMs);
  }
}
