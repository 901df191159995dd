import { shortSha } from '../plan/format-plan.ts';
import type { LastChange, ReportedChange, Status } from './status.ts';
import { tellRolledBack } from './tell-rolled-back.ts';
import { span } from './times.ts';
import { sayDegraded } from './told-end.ts';
import { capital, info, isDrift, warn, whatItWas, type Told } from './told.ts';

const VERBS = {
  drift: 'drift put right',
  commit: 'applied',
  left: 'no longer desired, put back as first seen',
  undo: 'taken back',
};

/** What was changed, or taken back. What is stuck on its way back has not ended: it is told as what stands. */
export function tellChange(before: Status | null, change: LastChange): readonly Told[] {
  if (change.end === 'stuck') return [];
  return change.end === 'rolled back' ? tellRolledBack(before, change) : tellKept(change);
}

function tellKept(change: LastChange): readonly Told[] {
  const isWell = change.end === 'committed';
  const fields = { commit: change.commit?.sha ?? '', outcome: isWell ? 'changed' : 'degraded' };
  const each = change.changes.map((one) =>
    (one.why === 'drift' ? warn : info)(
      one.why === 'drift' ? 'drift' : 'change',
      `${VERBS[one.why]}: ${one.id}: ${one.summary.join(', ')}`,
      { ...fields, resource: one.id },
    ),
  );
  const end = isWell
    ? info('changed', `${summaryOf(change)}${change.note === null ? '' : ` ${change.note}`}`, fields)
    : warn('change-degraded', `${summaryOf(change)} ${sayDegraded(change)}`, fields);
  return [...each, end];
}

function summaryOf(change: LastChange): string {
  const steps = change.steps.length === 0 ? '' : `; ${change.steps.join(', ')}`;
  return `${headOf(change)}: ${count(change.changes)} in ${span(change.tookMs)}${steps}.`;
}

function headOf(change: LastChange): string {
  const { of, commit, changes } = change;
  if (!isDrift(changes)) return capital(whatItWas(change));
  return `Drift put right, back to ${commit === null ? of : `commit ${shortSha(commit.sha)}`}`;
}

function count(changes: readonly ReportedChange[]): string {
  const drifted = changes.filter(({ why }) => why === 'drift').length;
  const what = changes.length === 1 ? '1 change' : `${changes.length} changes`;
  return drifted === 0 || drifted === changes.length ? what : `${what} (${drifted} of them drift)`;
}
