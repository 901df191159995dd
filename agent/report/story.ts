import { indent, whatFor } from './lines.ts';
import type { LastChange } from './status.ts';
import { age, span } from './times.ts';
import { leftAs, sayDegraded, sayNext, sayStuck, STUCK_NEXT } from './told-end.ts';
import { isDrift } from './told.ts';

const BECAUSE = {
  commit: 'the commit asks for it',
  drift: 'it had drifted',
  left: 'it is no longer desired',
  undo: 'the change was taken back',
};

/** One change, what it did and how it ended, for `holdfast why`. */
export function story(change: LastChange, nowMs: number): readonly string[] {
  const { commit, changes, steps } = change;
  const by = commit === null || isDrift(changes) ? '' : ` by ${commit.author}`;
  const head = `${age(nowMs - change.atMs)} ago, ${whatFor(change)}${by}`;
  const took = span(change.tookMs);
  const what = [
    ...changes.map(({ id, why, summary }) => `  ${id}: ${summary.join(', ')} (${BECAUSE[why]})`),
    ...(steps.length === 0 ? [] : [`  then ${steps.join(', ')}`]),
  ];
  switch (change.end) {
    case 'committed':
      return [`${head} took ${took}:`, ...what, ...(change.note === null ? [] : [change.note])];
    case 'degraded':
      return [`${head} took ${took}:`, ...what, sayDegraded(change)];
    case 'rolled back':
      return [
        `${head} was taken back after ${took}, because:`,
        ...indent([change.failure ?? 'it is not known why']),
        'It was to change:',
        ...what,
        leftAs(change),
        sayNext(change),
      ];
    case 'stuck':
      return [
        sayStuck(change),
        `It was begun ${age(nowMs - change.atMs)} ago, and was to change:`,
        ...what,
        STUCK_NEXT,
      ];
  }
}
