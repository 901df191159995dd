import type { Candidate } from '../desired/candidate.ts';
import type { Cluster } from '../desired/cluster.ts';
import { layersOf } from '../desired/role.ts';
import { parts, type Id } from '../resources/kind.ts';

/**
 * A commit that takes away more than half of what is managed, or all of a kind, is far more often an emptied file or
 * a wrong merge than a wish: it is refused unless `rollout.allowMassRemoval` says that it is one. `null`: go on.
 */
export function massRemoval(managed: Iterable<Id>, candidate: Candidate): string | null {
  if (candidate.allowMassRemoval) return null;
  const before = [...managed];
  const named = new Set(candidate.resources.map(({ id }) => id));
  const leaving = before.filter((id) => !named.has(id));
  const what = whatGoes(before, named, leaving);
  if (what === null) return null;
  const some =
    leaving.slice(0, 4).join(', ') + (leaving.length > 4 ? `, and ${leaving.length - 4} more` : '');
  // Plain data on its way through generations, and a Cluster all along.
  const files = layersOf(candidate.role, candidate.cluster as unknown as Cluster)
    .join(', ')
    .replace(/, ([^,]*)$/, ' and $1');
  return (
    `it would take away ${what} (${some}). What this host gets is written in ${files}. If that is meant, write "rollout: { allowMassRemoval: true }" ` +
    `in cluster.yaml for this commit; if not, put the entries back.`
  );
}

function whatGoes(before: readonly Id[], named: ReadonlySet<Id>, leaving: readonly Id[]): string | null {
  if (leaving.length * 2 > before.length)
    return `${leaving.length} of the ${before.length} managed resources`;
  const kindsAfter = new Set([...named].map((id) => parts(id)[0]));
  const kindsGone = [...new Set(before.map((id) => parts(id)[0]))].filter((kind) => !kindsAfter.has(kind));
  return kindsGone.length > 0 ? `every resource of kind ${kindsGone.join(' and ')}` : null;
}
