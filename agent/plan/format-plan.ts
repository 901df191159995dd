import type { BlobRef } from '../host/host.ts';
import type { Candidate } from '../desired/candidate.ts';
import { kindOf, type Description, type Kinds } from '../resources/kind.ts';
import { stepName, type Change, type Plan } from './change.ts';

/** Colour is the caller's: the words are the same on a terminal, in a test and in the journal. */
export type Paint = {
  readonly add: (text: string) => string;
  readonly remove: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly strong: (text: string) => string;
};
export const PLAIN: Paint = { add: String, remove: String, dim: String, strong: String };

export type DescribedChange = Pick<Change, 'id' | 'why' | 'secret'> & Description;

/** What each change does, in words and as a diff; the content of secrets is in neither. */
export function describeChanges(
  plan: Plan,
  kinds: Kinds,
  text: (blob: BlobRef) => string,
): readonly DescribedChange[] {
  return plan.changes.map((change) => ({
    id: change.id,
    why: change.why,
    secret: change.secret,
    ...kindOf(change.id, kinds).describe(change.from, change.to, { text, secret: change.secret }),
  }));
}

/** What an operator reads before anything happens. */
export function formatPlan(plan: Plan, changes: readonly DescribedChange[], paint: Paint = PLAIN): string {
  const lines = [paint.strong(headline(plan, changes.length))];
  for (const change of changes) lines.push('', ...formatChange(change, paint));
  const after = plan.steps.filter((step) => step.do !== 'enforce').map(stepName);
  if (after.length > 0) lines.push('', `then: ${after.join(', ')}`);
  if (plan.packagesFirst)
    lines.push('', 'Packages come first; what needs them is planned when they are there.');
  if (plan.waiting.length > 0)
    lines.push('', 'waiting:', ...plan.waiting.map(({ id, why }) => `  ${id}: ${why}`));
  if (plan.refused.length > 0)
    lines.push('', 'cannot be done:', ...plan.refused.map(({ id, why }) => `  ${id}: ${why}`));
  return `${lines.join('\n')}\n`;
}

function headline(plan: Plan, count: number): string {
  const { hostname, role, priority } = plan.of.role;
  const who = `${hostname} (${role}${priority === null ? '' : `, priority ${priority}`})`;
  const nothing = plan.refused.length === 0 ? 'nothing to do' : 'nothing that could be done';
  const what = count === 0 ? nothing : count === 1 ? '1 change' : `${count} changes`;
  return `${who} at ${formatFrom(plan.of.from)}: ${what}`;
}

function formatChange(change: DescribedChange, paint: Paint): readonly string[] {
  const why = {
    commit: '',
    drift: ' (drift)',
    left: ' (no longer desired: put back as first seen)',
    undo: ' (taken back)',
  };
  const detail = change.detail.map((line) => {
    const coloured = line.startsWith('+')
      ? paint.add(line)
      : line.startsWith('-')
        ? paint.remove(line)
        : paint.dim(line);
    return `    ${coloured}`;
  });
  return [`${change.id}: ${change.summary.join(', ')}${why[change.why]}`, ...detail];
}

export function formatFrom(from: Candidate['from']): string {
  if ('directory' in from) return from.directory;
  if ('generation' in from) {
    const commit = from.commit === null ? '' : ` (commit ${shortSha(from.commit)})`;
    return `generation ${from.generation}${commit}`;
  }
  return `commit ${shortSha(from.commit)} "${from.subject}"`;
}

export const shortSha = (sha: string): string => sha.slice(0, 12);
