import { shortSha } from '../plan/format-plan.ts';
import { indent, isSame, row, whatFor, whatIsInForce, who } from './lines.ts';
import { outcomeLine } from './outcome-line.ts';
import type { LastChange, Status } from './status.ts';
import { age, span } from './times.ts';
import {
  heldWhy,
  leftAs,
  pausedFor,
  pauseNext,
  sayDegraded,
  sayNext,
  sayStuck,
  STUCK_NEXT,
} from './told-end.ts';
import { ended } from './told.ts';

/** `holdfast status`: a screen, the most important line first. */
export function formatStatus(status: Status, nowMs: number): string {
  const { vip, vipHeld, lastChange, lastDrift, stuck } = status;
  const lines = [
    row('host', who(status)),
    row('outcome', outcomeLine(status)),
    row('commit', whatIsInForce(status)),
    row('source', sourceLine(status.source, nowMs)),
    ...(vip === null ? [] : [row('VIP', vipLine(vip, vipHeld))]),
    ...standing(status, nowMs),
  ];
  if (lastChange !== null && !isSame(stuck, lastChange))
    lines.push(...changeLines('last change', lastChange, nowMs));
  if (lastDrift !== null && !isSame(stuck, lastDrift) && !isSame(lastChange, lastDrift))
    lines.push(...changeLines('last drift', lastDrift, nowMs));
  lines.push(row('last cycle', `${age(nowMs - status.atMs)} ago (holdfast ${status.release})`));
  return `${lines.join('\n')}\n`;
}

function sourceLine({ ok, head, why, sinceMs }: Status['source'], nowMs: number): string {
  if (ok) return `followed, newest commit ${head === null ? 'none' : shortSha(head)}`;
  return `NOT followed for ${age(nowMs - sinceMs)}: ${why}`;
}

const vipLine = (vip: string, held: boolean | null): string =>
  held === null ? vip : `${vip}, ${held ? 'held here' : 'not here'}`;

/** What keeps something from being as it should. */
function standing(status: Status, nowMs: number): readonly string[] {
  const { stuck, paused, refused, held, cannot, waiting, notices } = status;
  const since = (ms: number): string => age(nowMs - ms);
  const under = (head: string, texts: readonly string[]): readonly string[] => [head, ...indent(texts)];
  const named = ({ id, why }: Status['waiting'][number]): string => `${id}: ${why}`;
  return [
    ...(stuck === null
      ? []
      : under(row('stuck', `for ${since(stuck.atMs)}:`), [sayStuck(stuck), STUCK_NEXT])),
    ...(paused === null
      ? []
      : under(row('paused', `for ${pausedFor(paused, nowMs)} by ${paused.by}: ${paused.reason}`), [
          pauseNext(paused),
        ])),
    ...(refused === null
      ? []
      : under(row('refused', `${refused.of}, nothing was changed for it:`), refused.reasons)),
    ...(held === null ? [] : under(row('held', `${held.of}, for ${since(held.sinceMs)}:`), [heldWhy(held)])),
    ...(cannot.length === 0 ? [] : under('cannot', cannot.map(named))),
    ...(waiting.length === 0 ? [] : under('waiting', waiting.map(named))),
    ...(notices.length === 0 ? [] : under('notices', notices)),
  ];
}

function changeLines(name: string, change: LastChange, nowMs: number): readonly string[] {
  const ids = change.changes.map(({ id }) => id);
  const named = ids.slice(0, 3).join(', ') + (ids.length > 3 ? `, and ${ids.length - 3} more` : '');
  const head = `${age(nowMs - change.atMs)} ago, ${whatFor(change)}: ${named}`;
  switch (change.end) {
    case 'committed':
      return [row(name, head), ...indent(change.note === null ? [] : [change.note])];
    case 'degraded':
      return [row(name, `${head}; KEPT, DEGRADED:`), ...indent([sayDegraded(change)])];
    case 'rolled back':
      return [
        row(name, `${head}; TAKEN BACK after ${span(change.tookMs)}:`),
        ...indent([ended(change.failure ?? 'it is not known why'), leftAs(change), sayNext(change)]),
      ];
    case 'stuck':
      return [row(name, `${head}; STUCK:`), ...indent([sayStuck(change)])];
  }
}
