import type { Cluster } from '../desired/cluster.ts';
import { utc } from '../report/times.ts';

/** What must be the same on all hosts at any moment: where two disagree, both take the virtual IP. */
export type ClusterWide = Pick<Cluster, 'vip' | 'vrrp'> & {
  readonly nodes: readonly Pick<Cluster['nodes'][number], 'address'>[];
  /** In memory and nowhere else; `null`: there is none; `undefined`: not known, which differs from nothing. */
  readonly authPass: string | null | undefined;
};

/** Which of these fields differ, in the words of cluster.yaml. Empty: hosts may change one by one. */
export function clusterWideChanges(before: ClusterWide, after: ClusterWide): readonly string[] {
  const isKnown = before.authPass !== undefined && after.authPass !== undefined;
  const fields = [
    ['vip', before.vip, after.vip],
    ['vrrp.routerId', before.vrrp.routerId, after.vrrp.routerId],
    ['vrrp.authPass', isKnown && before.authPass, isKnown && after.authPass],
    ['vrrp.advertInterval', before.vrrp.advertIntervalMs, after.vrrp.advertIntervalMs],
    ['vrrp.version', before.vrrp.version, after.vrrp.version],
    ['vrrp.transport', before.vrrp.transport, after.vrrp.transport],
    [PEERS, peersIn(before, after), peersIn(after, before)],
  ] as const;
  return fields.flatMap(([name, was, is]) => (was === is ? [] : [name]));
}

const PEERS = 'list of unicast peers (nodes)';

/**
 * Whom each host sends its adverts to: one that is left out hears nobody and takes the virtual IP. Multicast reaches
 * whoever is there.
 */
const peersIn = ({ nodes, vrrp }: ClusterWide, other: ClusterWide): string | null =>
  [vrrp, other.vrrp].some(({ transport }) => transport === 'unicast')
    ? nodes
        .map(({ address }) => address)
        .sort()
        .join(' ')
    : null;

export const FARTHEST_MS = 24 * 3_600_000;

/** What is wrong with the moment of a commit that changes these fields, a sentence; `null`: it can come. */
export function momentProblem(changed: readonly string[], atMs: number | null, nowMs: number): string | null {
  const what = changed.join(', ');
  const how =
    'Write a time with its zone within the next day, as in rollout: { at: "2025-06-01T03:00:00+02:00" }.';
  if (atMs === null)
    return `${what} must change on all hosts at one moment, and rollout.at does not say when. ${how}`;
  if (atMs <= nowMs)
    return `rollout.at, ${utc(atMs)}, is past, and ${what} must change on all hosts at once. ${how}`;
  if (atMs - nowMs > FARTHEST_MS)
    return `rollout.at, ${utc(atMs)}, is more than a day off: too long for a commit to stand ready. ${how}`;
  return null;
}
