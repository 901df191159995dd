import { sameNews } from './same-news.ts';
import type { Held, Status } from './status.ts';
import { heldWhy } from './told-end.ts';
import { capital, inForce, info, type Told } from './told.ts';

/** Nothing is wrong with a commit that is held, so none of this is a warning. */
export function tellHeld(before: Status | null, now: Status): readonly Told[] {
  const was = before?.held ?? null;
  const { held } = now;
  if (held === null || (was !== null && isSame(was, held))) return [];
  const by = held.commit === null ? '' : ` by ${held.commit.author}`;
  const meanwhile = now.generation > 0 ? `${inForce(now)} stays in force meanwhile.` : '';
  const sentence = `${capital(held.of)}${by} is held: ${heldWhy(held)} ${capital(meanwhile)}`;
  return [info('held', sentence.trimEnd(), fieldsOf(held, 'held'))];
}

/** To be said before what was held is told. A pause hides that a commit waits, and does not end it. */
export function tellHeldEnded(before: Status | null, now: Status): readonly Told[] {
  const was = before?.held ?? null;
  if (was === null || now.held !== null || now.paused !== null) return [];
  return [info('held-ended', `${capital(was.of)} is no longer held.`, fieldsOf(was, now.outcome))];
}

/** Of a host in whose turn this one waits every phase would be news otherwise; `status` and `why` say the newest. */
function isSame(a: Held, b: Held): boolean {
  if (a.of !== b.of || a.by !== b.by) return false;
  const waits = (held: Held): boolean => held.for !== undefined && /^waits\b/.test(held.why);
  return (waits(a) && waits(b) && a.for === b.for) || sameNews(a.why, b.why);
}

const fieldsOf = ({ commit }: Held, outcome: string): NonNullable<Told['fields']> => ({
  commit: commit?.sha ?? '',
  outcome,
});
