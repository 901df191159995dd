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
};

/**
 * `null`: it changes nothing of that kind, or nothing is in force that could differ. What comes from a directory is a
 * person's business.
 */
export async function lockstepOf(
  { of }: Pick<Plan, 'of'>,
  committed: Generation | null,
  blobs: BlobStore,
): Promise<Lockstep | null> {
  if (committed === null || isInForce(of) || !('commit' in of.from) || of.from.commit === null) return null;
  const changed = await changedIn(asCandidate(committed), of, blobs);
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
  };
}

async function changedIn(before: Candidate, after: Candidate, blobs: BlobStore): Promise<readonly string[]> {
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
