import type { Paused, Status } from './status.ts';
import { pausedFor, pauseNext, sayPaused } from './told-end.ts';
import { info, warn, type Told } from './told.ts';

/** Said when it begins, every day while it lasts (`pauseSaidMs` moves then), and when it ends. */
export function tellPause(before: Status | null, now: Status): readonly Told[] {
  const was = before?.paused ?? null;
  const { paused } = now;
  const fields = { outcome: 'paused' };
  if (paused === null) return was === null ? [] : [info('resumed', sayResumed(was, now.atMs))];
  if (!isSamePause(was, paused)) return [info('paused', `${sayPaused(paused)} ${pauseNext(paused)}`, fields)];
  if (before?.pauseSaidMs === now.pauseSaidMs) return [];
  const sentence = `Still paused, for ${pausedFor(paused, now.atMs)}. ${sayPaused(paused)} ${pauseNext(paused)}`;
  return [warn('pause-reminder', sentence, fields)];
}

export const isSamePause = (a: Paused | null, b: Paused): boolean =>
  a !== null && a.sinceMs === b.sinceMs && a.untilMs === b.untilMs && a.by === b.by && a.reason === b.reason;

function sayResumed(was: Paused, nowMs: number): string {
  const { by, untilMs } = was;
  const how = untilMs !== null && untilMs <= nowMs ? 'is over by itself' : 'was ended';
  return `The pause by ${by} ${how} after ${pausedFor(was, nowMs)}. This host is brought to what the repository says again.`;
}
