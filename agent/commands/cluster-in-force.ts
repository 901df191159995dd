import type { Cluster } from '../desired/cluster.ts';
import type { StateDirectory } from '../host/host.ts';
import { readGeneration } from '../transaction/generations.ts';
import { readLedger } from '../transaction/ledger.ts';

/** The cluster as the generation in force knows it; `null`: none has been in force here. */
export async function clusterInForce(state: StateDirectory): Promise<Cluster | null> {
  const { generation } = await readLedger(state);
  const kept = generation === 0 ? null : await readGeneration(state, generation);
  // Plain data on its way through generations, and a Cluster all along.
  return kept === null ? null : (kept.candidate.cluster as unknown as Cluster);
}
