import type { Diagnostic } from '../desired/diagnostics.ts';
import { openRepository, type LoadedCluster } from '../desired/load.ts';
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
  const now = await openRepository(tree).cluster();
  const last = await openRepository(head).cluster();
  if (now.cluster === null || last.cluster === null) return [];
  if (!(await isSame(tree, head, now, last))) return problems(last, now, nowMs, 'error');
  if (parent === null) return [];
  const before = await openRepository(parent).cluster();
  const wrong = problems(before, now, headMs, 'error');
  // It was right when it was committed: the hosts have moved at that moment, or refuse it for being late.
  return wrong.length > 0 ? wrong : problems(before, now, nowMs, 'warning');
}

async function isSame(a: Tree, b: Tree, now: LoadedCluster, last: LoadedCluster): Promise<boolean> {
  const texts = await Promise.all([a, b].map((tree) => tree.read('cluster.yaml')));
  const [one, other] = texts.map((bytes) => (bytes === null ? '' : new TextDecoder().decode(bytes)));
  return one === other && now.password?.text === last.password?.text;
}

function problems(
  before: LoadedCluster,
  after: LoadedCluster,
  nowMs: number,
  severity: Diagnostic['severity'],
): readonly Diagnostic[] {
  if (before.cluster === null || after.cluster === null) return [];
  const changed = clusterWideChanges(sidesOf(before), sidesOf(after));
  if (changed.length === 0) return [];
  const problem = momentProblem(changed, after.cluster.rollout.atMs, nowMs);
  return problem === null ? [] : [after.source.diagnose(['rollout', 'at'], problem, { severity })];
}

const sidesOf = ({ cluster, password }: Extract<LoadedCluster, { source: object }>): ClusterWide => ({
  vip: cluster.vip,
  vrrp: cluster.vrrp,
  authPass: password?.text ?? null,
});
