import { sameNews } from './same-news.ts';
import type { LastChange, Status } from './status.ts';
import { sayStuck, STUCK_NEXT } from './told-end.ts';
import { capital, error, info, whatItWas, type Told } from './told.ts';

/** Every attempt to go back that fails in another way than the one before is news; `changes` have ended meanwhile. */
export function tellStuck(
  before: Status | null,
  now: Status,
  changes: readonly LastChange[],
): readonly Told[] {
  const was = before?.stuck ?? null;
  const { stuck } = now;
  if (stuck !== null) {
    if (was?.tx === stuck.tx && sameNews(sayStuck(was), sayStuck(stuck))) return [];
    const ids = stuck.changes.map(({ id }) => id).join(', ');
    const what = ids === '' ? '' : ` It was to change ${ids}.`;
    return [error('change-stuck', `${sayStuck(stuck)}${what} ${STUCK_NEXT}`, fieldsOf(stuck, 'stuck'))];
  }
  // A way back that has come to its end is told as what was taken back.
  if (was === null || changes.some(({ tx }) => tx === was.tx)) return [];
  return [
    info(
      'stuck-ended',
      `${capital(whatItWas(was))} is no longer stuck on its way back.`,
      fieldsOf(was, now.outcome),
    ),
  ];
}

const fieldsOf = ({ commit }: LastChange, outcome: string): NonNullable<Told['fields']> => ({
  commit: commit?.sha ?? '',
  outcome,
});
