import { sameNews, news } from './same-news.ts';
import type { Status } from './status.ts';
import { tellHeld } from './tell-held.ts';
import { capital, ended, inForce, info, sayWaiting, type Told } from './told.ts';

/** What stands for more than a cycle is said when it begins, when its reason changes, and when it ends. */
export function tellStanding(before: Status | null, now: Status): readonly Told[] {
  const commit = [...tellRefusal(before, now), ...tellHeld(before, now)];
  const [first, ...more] = [...tellCannot(before, now), ...tellWaiting(before, now)];
  if (first === undefined) return commit;
  const begun = first.event === 'cannot' || first.event === 'waiting';
  const sentence = begun ? `${first.sentence} The rest goes on.` : first.sentence;
  return [...commit, { ...first, sentence }, ...more];
}

function tellRefusal(before: Status | null, now: Status): readonly Told[] {
  const { refused } = now;
  if (refused === null) return [];
  if (before?.refused?.of === refused.of && sameNews(before.refused.reasons.join(), refused.reasons.join()))
    return [];
  const by = refused.commit === null ? '' : ` by ${refused.commit.author}`;
  const stays = now.generation > 0 ? `${inForce(now)} stays in force.` : 'nothing is in force yet.';
  return [
    {
      level: isTakenBack(now) ? 'info' : 'error',
      event: 'refused',
      sentence: `${capital(refused.of)}${by} is refused and nothing was changed for it; ${stays}\n${refused.reasons.join('\n')}`,
      fields: { commit: refused.commit?.sha ?? '', outcome: 'refused' },
    },
  ];
}

/** That the commit which was just taken back is not tried again was said with that, and is no second error. */
const isTakenBack = ({ refused, lastChange }: Status): boolean =>
  lastChange?.end === 'rolled back' && lastChange.quarantined && lastChange.of === refused?.of;

type Named = Status['waiting'];

/** Entries that are there for another reason than before, and those that are no longer there. */
function compare(before: Named, now: Named): { readonly begun: Named; readonly over: Named } {
  const known = new Set(before.map(({ id, why }) => `${id} ${news(why)}`));
  const still = new Set(now.map(({ id }) => id));
  return {
    begun: now.filter(({ id, why }) => !known.has(`${id} ${news(why)}`)),
    over: before.filter(({ id }) => !still.has(id)),
  };
}

function tellCannot(before: Status | null, now: Status): readonly Told[] {
  const { begun, over } = compare(before?.cannot ?? [], now.cannot);
  return [
    ...begun.map(({ id, why }): Told => ({
      level: 'error',
      event: 'cannot',
      sentence: `${id} cannot be brought to its state: ${ended(why)}`,
      fields: { resource: id, outcome: 'failed' },
    })),
    ...over.map(({ id }) => info('can', `Nothing stands in the way of ${id} any more.`, { resource: id })),
  ];
}

function tellWaiting(before: Status | null, now: Status): readonly Told[] {
  const { begun, over } = compare(before?.waiting ?? [], now.waiting);
  return [
    ...begun.map((one) => info('waiting', sayWaiting(one), { resource: one.id })),
    ...over.map(({ id }) => info('waiting-ended', `${id} is no longer held back.`, { resource: id })),
  ];
}
