import type { Cluster } from '../desired/cluster.ts';
import type { Diagnostic } from '../desired/diagnostics.ts';
import { openRepository, type LoadedCluster } from '../desired/load.ts';
import { versionOf } from '../desired/recipients.ts';
import type { Tree } from '../desired/tree.ts';
import { clusterWideChanges, momentProblem, type ClusterWide } from './lockstep.ts';

/** Earlier commits of the same files. `headMs`: when the last one was made. */
export type Compared = { readonly head: Tree; readonly parent: Tree | null; readonly headMs: number };

/**
 * `holdfast validate`, beside what every host would say: the files against the last commit, and where nothing of the
 * cluster has changed since, that commit against the one before it.
 */
export async function lockstepProblems(
  tree: Tree,
  { head, parent, headMs }: Compared,
  nowMs: number,
): Promise<readonly Diagnostic[]> {
  const [now, last] = [await sideOf(tree), await sideOf(head)];
  if (now.cluster === null || last.cluster === null) return [];
  if (!(await isSame(tree, head)) || now.password !== last.password)
    return problems(last, now, nowMs, 'error');
  if (parent === null) return [];
  const before = await sideOf(parent);
  const wrong = problems(before, now, headMs, 'error');
  // It was right when it was committed: the hosts have moved at that moment, or refuse it for being late.
  return wrong.length > 0 ? wrong : problems(before, now, nowMs, 'warning');
}

type Side = Pick<LoadedCluster, 'cluster' | 'source'> & {
  /** What tells one password from another; of a secret it is not the password itself. */
  readonly password: string | null;
  readonly isSecret: boolean;
};

async function sideOf(tree: Tree): Promise<Side> {
  const { cluster, source, password } = await openRepository(tree).cluster();
  const secret = password?.secret ?? null;
  const version = secret === null ? (password?.text() ?? null) : await versionOf(tree, secret);
  return { cluster, source, password: version, isSecret: secret !== null };
}

async function isSame(a: Tree, b: Tree): Promise<boolean> {
  const texts = await Promise.all([a, b].map((tree) => tree.read('cluster.yaml')));
  const [one, other] = texts.map((bytes) => (bytes === null ? '' : new TextDecoder().decode(bytes)));
  return one === other;
}

function problems(
  before: Side,
  after: Side,
  nowMs: number,
  severity: Diagnostic['severity'],
): readonly Diagnostic[] {
  if (before.cluster === null || after.cluster === null || after.source === null) return [];
  // A password that has become a secret is the same one, most likely, and nobody here can tell: the hosts can.
  const isKnown = before.isSecret === after.isSecret;
  const wide = ({ vip, vrrp, nodes }: Cluster, { password }: Side): ClusterWide => ({
    vip,
    vrrp,
    nodes,
    authPass: isKnown ? password : undefined,
  });
  const changed = clusterWideChanges(wide(before.cluster, before), wide(after.cluster, after));
  if (changed.length === 0) return [];
  const problem = momentProblem(changed, after.cluster.rollout.atMs, nowMs);
  return problem === null ? [] : [after.source.diagnose(['rollout', 'at'], problem, { severity })];
}
