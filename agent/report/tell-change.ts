import { shortSha } from '../plan/format-plan.ts';
import { sameNews } from './same-news.ts';
import type { LastChange, ReportedChange, Status } from './status.ts';
import { capital, ended, info, isDrift, seconds, warn, type Told } from './told.ts';

const VERBS = {
  drift: 'drift put right',
  commit: 'applied',
  left: 'no longer desired, put back as first seen',
  undo: 'taken back',
};

/** What was changed, or was begun and failed. */
export function tellChange(before: Status | null, now: Status, change: LastChange): readonly Told[] {
  const fields = {
    commit: change.commit?.sha ?? '',
    outcome: change.failure === null ? 'changed' : 'failed',
  };
  if (change.failure !== null) return [{ ...tellFailed(before, now, change, change.failure), fields }];
  const each = change.changes.map((one) =>
    (one.why === 'drift' ? warn : info)(
      one.why === 'drift' ? 'drift' : 'change',
      `${VERBS[one.why]}: ${one.id}: ${one.summary.join(', ')}`,
      { ...fields, resource: one.id },
    ),
  );
  return [...each, info('changed', summaryOf(change), fields)];
}

/** It is tried again in every cycle, and is news only when it fails in another way. */
function tellFailed(before: Status | null, now: Status, change: LastChange, failure: string): Told {
  const ids = change.changes.map(({ id }) => id).join(', ');
  const asBefore =
    before?.outcome === 'failed' &&
    sameNews(before.why ?? '', failure) &&
    before.source.head === now.source.head;
  const what = ids === '' ? '' : ` It was to change ${ids}.`;
  return {
    level: asBefore ? 'debug' : 'error',
    event: 'change-failed',
    sentence: `${capital(change.of)} was begun and failed after ${seconds(change.tookMs)}: ${ended(failure)}${what} It is tried again in every cycle.`,
  };
}

function summaryOf(change: LastChange): string {
  const steps = change.steps.length === 0 ? '' : `; ${change.steps.join(', ')}`;
  return `${whatItWas(change)}: ${count(change.changes)} in ${seconds(change.tookMs)}${steps}.`;
}

/** Who wrote the commit has nothing to do with what others changed on the host since. */
function whatItWas({ of, commit, changes }: LastChange): string {
  if (isDrift(changes))
    return `Drift put right, back to ${commit === null ? of : `commit ${shortSha(commit.sha)}`}`;
  return `${capital(of)}${commit === null ? '' : ` by ${commit.author}`}`;
}

function count(changes: readonly ReportedChange[]): string {
  const drifted = changes.filter(({ why }) => why === 'drift').length;
  const what = changes.length === 1 ? '1 change' : `${changes.length} changes`;
  if (changes.length === 0) return 'what an earlier change left undone';
  return drifted === 0 || drifted === changes.length ? what : `${what} (${drifted} of them drift)`;
}
