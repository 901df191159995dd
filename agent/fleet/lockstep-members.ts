import type { Cluster } from '../desired/cluster.ts';

export type Members = {
  /** Nodes before, and still hosts of the cluster: they are waited for, and more than half is counted among them. */
  readonly nodes: readonly string[];
  /** Nodes before, and nothing afterwards. */
  readonly leaving: readonly string[];
};

/**
 * Whose part in VRRP a commit changes at its moment. A node that it adds has none yet: it has nothing that it could
 * disagree in, mostly cannot be reached before the others have let it in, and joins them afterwards.
 */
export function membersOf(
  before: Pick<Cluster, 'nodes'>,
  after: Pick<Cluster, 'nodes' | 'workers'>,
): Members {
  const names = before.nodes.map(({ name }) => name);
  const stays = new Set([...after.nodes, ...after.workers].map(({ name }) => name));
  return {
    nodes: names.filter((name) => stays.has(name)),
    leaving: names.filter((name) => !stays.has(name)),
  };
}
