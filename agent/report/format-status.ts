import { shortSha } from '../plan/format-plan.ts';
import type { LastChange, Status } from './status.ts';
import { capital, ended, isDrift, sayWaiting } from './told.ts';

/** `holdfast status`: a screen, the most important line first. */
export function formatStatus(status: Status, nowMs: number): string {
  const lines = [
    row('host', who(status)),
    row('outcome', outcomeLine(status)),
    row('commit', inForce(status)),
    row(
      'source',
      status.source.ok
        ? `followed, newest commit ${status.source.head === null ? 'none' : shortSha(status.source.head)}`
        : `NOT followed for ${age(nowMs - status.source.sinceMs)}: ${status.source.why}`,
    ),
  ];
  if (status.vip !== null) lines.push(row('VIP', vipLine(status.vip, status.vipHeld)));
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
  if (status.lastChange !== null)
    lines.push(row('last change', changeLine(status.lastChange, nowMs, status.why)));
  if (status.lastDrift !== null && !isSame(status.lastChange, status.lastDrift))
    lines.push(row('last drift', changeLine(status.lastDrift, nowMs)));
  lines.push(row('last cycle', `${age(nowMs - status.atMs)} ago (holdfast ${status.release})`));
  return `${lines.join('\n')}\n`;
}

/** How it is, in one line. The reasons of a refusal, and what cannot be done, have lines of their own. */
export function outcomeLine({ outcome, why, refused, cannot, commit, generation }: Status): string {
  if (outcome === 'refused' && refused !== null) {
    const what = refused.commit === null ? refused.of : 'the newest commit';
    const inForceNow = commit === null ? `generation ${generation}` : shortSha(commit.sha);
    return `refused: ${what}; ${generation === 0 ? 'nothing is in force yet' : `${inForceNow} stays in force`}`;
  }
  const [stuck] = cannot;
  if (stuck !== undefined && why === `${stuck.id}: ${stuck.why}`)
    return `${outcome}: ${cannot.length === 1 ? '1 resource' : `${cannot.length} resources`} cannot be brought to the desired state`;
  return `${outcome}${why === null ? '' : `: ${why}`}`;
}

const vipLine = (vip: string, held: boolean | null): string =>
  held === null ? vip : `${vip}, ${held ? 'held here' : 'not here'}`;

/** The last change is the last drift, too, when nothing but drift was put right since. */
const isSame = (a: LastChange | null, b: LastChange): boolean =>
  a !== null && a.atMs === b.atMs && a.of === b.of;

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

function changeLine(change: LastChange, nowMs: number, said: string | null = null): string {
  const ids = change.changes.map(({ id }) => id);
  const named = ids.slice(0, 3).join(', ') + (ids.length > 3 ? `, and ${ids.length - 3} more` : '');
  const failed = change.failure === said ? '; FAILED' : `; FAILED: ${change.failure}`;
  return `${age(nowMs - change.atMs)} ago, ${whatFor(change)}: ${named}${change.failure === null ? '' : failed}`;
}

const whatFor = (change: LastChange): string =>
  isDrift(change.changes) ? `drift from ${change.of}` : change.of;

/** `holdfast why`: the story in sentences, for somebody who has not seen the source. */
export function formatWhy(status: Status, nowMs: number): string {
  const told: string[] = [`${who(status)}.`];
  if (status.vip !== null && status.vipHeld !== null)
    told.push(`The virtual IP ${status.vip} is ${status.vipHeld ? 'held here' : 'not here'}.`);
  const { outcome } = status;
  if (status.refused === null || outcome !== 'refused')
    told.push(status.why === null ? `It is ${outcome}.` : `It is ${ended(outcomeLine(status))}`);
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
  told.push(...status.waiting.map(sayWaiting), ...status.notices);
  const { lastChange, lastDrift } = status;
  if (lastChange !== null) told.push(...story(lastChange, nowMs));
  if (lastDrift !== null && !isSame(lastChange, lastDrift)) told.push(...story(lastDrift, nowMs));
  if (status.managed.length > 0) told.push('Managed on this host:', ...indent(status.managed));
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
    `${age(nowMs - change.atMs)} ago, ${whatFor(change)} ${end}:`,
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
