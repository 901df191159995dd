import type { Candidate } from '../desired/candidate.ts';
import type { Cluster } from '../desired/cluster.ts';
import type { Log } from '../report/log.ts';
import type { Health } from '../health/health.ts';
import type { BlobRef, Clock } from '../host/host.ts';
import { isInForce, type Plan } from '../plan/change.ts';
import type { StatusPlaces } from '../report/status-file.ts';
import { BlobLost, type BlobStore } from '../transaction/blobs.ts';
import { asCandidate, type Generation } from '../transaction/generations.ts';
import { clusterWideIn } from './cluster-wide-in.ts';
import type { Fleet } from './fleet.ts';
import { clusterWideChanges } from './lockstep.ts';

export type LockstepTools = StatusPlaces & {
  readonly fleet: Fleet | null;
  readonly health: Health | null;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly progress: (sentence: string) => void;
};

/** A commit that changes what all hosts must agree on, as this host sees it. */
export type Lockstep = {
  readonly me: string;
  readonly commit: string;
  readonly inForce: string | null;
  /** The cluster as it is, and as it is to be. */
  readonly before: Cluster;
  readonly cluster: Cluster;
  /** In the words of cluster.yaml; never empty. */
  readonly changed: readonly string[];
  readonly atMs: number | null;
  /** It is the others that change, to what this host has: its keepalived, which is kept stopped, starts with them. */
  readonly isOwnSide: boolean;
};

/** What a commit is compared with. */
export type Standing = {
  readonly committed: Generation | null;
  readonly blobs: BlobStore;
  /** keepalived is kept stopped here, because most of the others have something else in force. */
  readonly isDissenting: boolean;
};

/**
 * `null`: it changes nothing of that kind, or nothing is in force that could differ. What comes from a directory is a
 * person's business.
 */
export async function lockstepOf(
  { of }: Pick<Plan, 'of'>,
  { committed, blobs, isDissenting }: Standing,
): Promise<Lockstep | null> {
  if (committed === null || isInForce(of) || !('commit' in of.from) || of.from.commit === null) return null;
  const here = await changedIn(committed, of, blobs);
  const isOwnSide = here.length === 0 && isDissenting;
  const changed = isOwnSide ? ['vip or vrrp of the other hosts'] : here;
  if (changed.length === 0) return null;
  // Plain data on its way through generations, and a Cluster all along.
  const cluster = of.cluster as unknown as Cluster;
  return {
    me: of.role.hostname,
    commit: of.from.commit,
    inForce: committed.commit?.sha ?? null,
    before: committed.candidate.cluster as unknown as Cluster,
    cluster,
    changed,
    atMs: cluster.rollout.atMs,
    isOwnSide,
  };
}

/** What all hosts must agree on and this would change, in the words of cluster.yaml. */
export async function changedIn(
  committed: Generation,
  after: Candidate,
  blobs: BlobStore,
): Promise<readonly string[]> {
  const before = asCandidate(committed);
  blobs.adopt(after.blobs);
  const textOf = async (blob: BlobRef): Promise<string | null> => {
    try {
      await blobs.recall([blob]);
      return blobs.text(blob);
    } catch (cause) {
      if (cause instanceof BlobLost) return null;
      throw cause;
    }
  };
  return clusterWideChanges(await clusterWideIn(before, textOf), await clusterWideIn(after, textOf));
}
