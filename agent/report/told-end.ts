import { RELEASE } from '../source/as-first-seen.ts';
import type { Held, LastChange, Paused } from './status.ts';
import { age, span, utc } from './times.ts';
import { capital, ended, whatItWas } from './told.ts';

/** How what did not simply go well ended, in sentences: the same ones in the journal, in `status` and in `why`. */

export const sayTakenBack = (change: LastChange): string =>
  `${capital(whatItWas(change))} was taken back, ${span(change.tookMs)} after it was begun: ${ended(change.failure ?? 'it is not known why')}`;

/** A way back that did not end exactly has a note that says how; nothing may claim more than that (deploy-rs#241). */
export function leftAs({ note, vipAfter }: LastChange): string {
  const host = note === null ? 'This host is as it was before.' : ended(note);
  return vipAfter === undefined ? host : `${host} ${capital(ended(vipAfter))}`;
}

export function sayNext({ quarantined, of }: LastChange): string {
  // A person asked for it: no commit can change it, and the agent does not do it for them.
  if (of === RELEASE) return 'It is not tried again by itself; to try it again: sudo holdfast release';
  return quarantined
    ? 'The same is not tried again until a commit changes it, or: holdfast retry'
    : 'It is tried again.';
}

export const sayDegraded = ({ note }: LastChange): string =>
  `The change is kept, although not everything is well. ${note === null ? '' : `${ended(note)} `}To go back to what was before: holdfast rollback`;

/** `note` is what went wrong on the way back, `failure` why it was to go back at all. */
export function sayStuck(stuck: LastChange): string {
  const why = stuck.failure === null ? '' : ` It is to go back because of this: ${ended(stuck.failure)}`;
  return `${capital(whatItWas(stuck))} could not be taken back completely; ${ended(stuck.note ?? 'it is not known why')}${why}`;
}
export const STUCK_NEXT =
  'Going back is tried again by itself, and a newer commit for the same resources goes through. To accept this host as it is: holdfast settle';

/** `waits for ...` and `it waits for ...` are both clauses about it. */
export function heldWhy({ by, why }: Held): string {
  const sentence = ended(/^waits\b/.test(why) ? `it ${why}` : why);
  return by === 'unwell VIP' ? `${sentence} It goes on by itself.` : sentence;
}

export const sayPaused = ({ by, reason }: Paused): string => `Paused by ${by}: ${ended(reason)}`;
/** A damaged record does not say since when. */
export const pausedFor = ({ sinceMs }: Paused, nowMs: number): string =>
  sinceMs === 0 ? 'nobody knows how long' : age(nowMs - sinceMs);
/** The desired state in force names nothing, and nothing of the repository is asked. */
export const sayReleased = (by: string): string =>
  `nothing is managed on this host any more, for ${by} released it. No commit is applied until: holdfast resume`;
/** Without an age, for it is written down. */
export const pauseNext = ({ untilMs }: Paused): string =>
  untilMs === null
    ? 'Nothing is changed on this host until: holdfast resume'
    : `Nothing is changed on this host until ${utc(untilMs)}, or: holdfast resume`;
