import { sameNews } from './same-news.ts';
import type { LastChange, Status } from './status.ts';
import { leftAs, sayNext, sayTakenBack } from './told-end.ts';
import { error, warn, type Told } from './told.ts';

/** The whole story: whose change, what it changed, which check failed, how long it took, and what happens next. */
export function tellRolledBack(before: Status | null, change: LastChange): readonly Told[] {
  const fields = { commit: change.commit?.sha ?? '', outcome: 'rolled back' };
  const verb = change.note === null ? 'taken back' : 'taken back as far as it could be';
  const told = [
    ...change.changes.map(({ id, summary }) =>
      warn('taken-back', `${verb}: ${id}: ${summary.join(', ')}`, { ...fields, resource: id }),
    ),
    error('change-rolled-back', `${sayTakenBack(change)} ${leftAs(change)} ${sayNext(change)}`, fields),
  ];
  return isSaidAlready(before, change) ? told.map((one) => ({ ...one, level: 'debug' as const })) : told;
}

/**
 * Drift that cannot be put right is tried again by itself, and is news only when that fails in another way. What is not
 * tried again by itself was asked for once more by a person.
 */
function isSaidAlready(before: Status | null, { of, failure, quarantined }: LastChange): boolean {
  if (quarantined || before?.outcome !== 'rolled back') return false;
  const was = before.lastChange;
  return was?.end === 'rolled back' && was.of === of && sameNews(was.failure ?? '', failure ?? '');
}
