import { shortSha } from '../plan/format-plan.ts';
import type { LastChange, Status } from './status.ts';
import { capital, ended } from './told.ts';

/** `holdfast status`: a screen, the most important line first. */
export function formatStatus(status: Status, nowMs: number): string {
  const lines = [
    row('host', who(status)),
    row('outcome', `${status.outcome}${status.why === null ? '' : `: ${status.why}`}`),
    row('commit', inForce(status)),
    row(
      'source',
      status.source.ok
        ? `followed, newest commit ${status.source.head === null ? 'none' : shortSha(status.source.head)}`
        : `NOT followed for ${age(nowMs - status.source.sinceMs)}: ${status.source.why}`,
    ),
  ];
  if (status.vip !== null) lines.push(row('VIP', status.vip));
  if (status.refused !== null)
    lines.push(
      row('refused', `${status.refused.of}, nothing was changed for it:`),
      ...indent(status.refused.reasons),
    );
  if (status.cannot.length > 0)
    lines.push(row('cannot', ''), ...indent(status.cannot.map(({ id, why }) => `${id}: ${why}`)));
  if (status.waiting.length > 0)
    lines.push(row('waiting', ''), ...indent(status.waiting.map(({ id, why }) => `${id}: ${why}`)));
  if (status.notices.length > 0) lines.push(row('notices', ''), ...indent(status.notices));
  if (status.lastChange !== null) lines.push(row('last change', changeLine(status.lastChange, nowMs)));
  if (status.lastDrift !== null) lines.push(row('last drift', changeLine(status.lastDrift, nowMs)));
  lines.push(row('last cycle', `${age(nowMs - status.atMs)} ago (holdfast ${status.release})`));
  return `${lines.join('\n')}\n`;
}

const row = (name: string, text: string): string => `${name.padEnd(12)}${text}`.trimEnd();
const indent = (texts: readonly string[]): readonly string[] =>
  texts.flatMap((text) => text.split('\n').map((line) => `  ${line}`));

function who(status: Status): string {
  if (status.role === null)
    return `${status.hostname}, ${status.outcome === 'no desired state' ? 'not a host of this cluster' : 'role not known yet'}`;
  return `${status.hostname}, ${status.role}${status.priority === null ? '' : `, VRRP priority ${status.priority}`}, ${status.address}`;
}

function inForce(status: Status): string {
  if (status.generation === 0) return 'none in force yet';
  const { commit } = status;
  const what =
    commit === null ? 'from a directory' : `${shortSha(commit.sha)} "${commit.subject}" by ${commit.author}`;
  return `${what} (generation ${status.generation}, ${status.resources} resources)`;
}

function changeLine(change: LastChange, nowMs: number): string {
  const ids = change.changes.map(({ id }) => id);
  const named = ids.slice(0, 3).join(', ') + (ids.length > 3 ? `, and ${ids.length - 3} more` : '');
  return `${age(nowMs - change.atMs)} ago, ${change.of}: ${named}${change.failure === null ? '' : `; FAILED: ${change.failure}`}`;
}

/** `holdfast why`: the story in sentences, for somebody who has not seen the source. */
export function formatWhy(status: Status, nowMs: number): string {
  const told: string[] = [`${who(status)}.`];
  told.push(status.why === null ? `It is ${status.outcome}.` : `It is "${status.outcome}": ${status.why}`);
  if (!status.source.ok)
    told.push(
      `The state repository has not been followed for ${age(nowMs - status.source.sinceMs)}: ${status.source.why}`,
    );
  if (status.refused !== null)
    told.push(
      `${capital(status.refused.of)} is refused, and nothing was changed for it, because:`,
      ...indent(status.refused.reasons),
      'It is looked at again in every cycle; a commit that mends it goes through by itself.',
    );
  told.push(
    status.generation === 0
      ? 'No desired state has been in force on this host yet.'
      : `In force: ${inForce(status)}.`,
  );
  for (const { id, why } of status.cannot) told.push(`${id} cannot be brought to its state: ${ended(why)}`);
  for (const { id, why } of status.waiting) told.push(`${id} is held back: ${ended(why)}`);
  told.push(...status.notices);
  for (const change of [status.lastChange, status.lastDrift])
    if (change !== null) told.push(...story(change, nowMs));
  return `${told.join('\n')}\n`;
}

const BECAUSE = {
  commit: 'the commit asks for it',
  drift: 'it had drifted',
  left: 'it is no longer desired',
  undo: 'the change was taken back',
};

function story(change: LastChange, nowMs: number): readonly string[] {
  const end =
    change.failure === null ? `took ${(change.tookMs / 1000).toFixed(1)} s` : `FAILED: ${change.failure}`;
  return [
    `${age(nowMs - change.atMs)} ago, ${change.of} ${end}:`,
    ...change.changes.map(({ id, why, summary }) => `  ${id}: ${summary.join(', ')} (${BECAUSE[why]})`),
    ...(change.steps.length === 0 ? [] : [`  then ${change.steps.join(', ')}`]),
  ];
}

export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** One line for `systemctl status holdfast`. */
export function formatSummary(status: Status): string {
  const role = status.role === null ? 'no role' : status.role;
  const commit = status.commit === null ? 'no commit in force' : `commit ${shortSha(status.commit.sha)}`;
  return `${status.outcome}; ${role}; ${commit}${status.why === null ? '' : `; ${status.why}`}`;
}
