import { shortSha } from '../plan/format-plan.ts';
import type { LastChange, ReportedChange, Status } from './status.ts';

/** One human sentence, and the same as fields. */
export type Told = {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly event: string;
  readonly sentence: string;
  readonly fields?: Readonly<Record<string, string | number>>;
};

/**
 * What a cycle has to say, given what the one before said: news only. A refusal, an outage or a wait is said when it
 * begins, when its reason changes and when it ends, not every thirty seconds; a cycle without news is one debug line.
 */
export function tell(before: Status | null, now: Status, changes: readonly LastChange[]): readonly Told[] {
  const told = [
    ...tellIdentity(before, now),
    ...tellSource(before, now),
    ...changes.flatMap(tellChange),
    ...tellRefusal(before, now),
    ...tellFailure(before, now, changes),
    ...tellWaiting(before, now),
    ...now.notices
      .filter((notice) => !before?.notices.includes(notice))
      .map((sentence) => warn('notice', sentence)),
    ...tellCommit(before, now, changes),
  ];
  if (told.length > 0) return told;
  return [
    {
      level: 'debug',
      event: 'unchanged',
      sentence: `Nothing to do: ${now.outcome}${now.why === null ? '' : `, ${now.why}`}.`,
    },
  ];
}

const warn = (event: string, sentence: string, fields: Told['fields'] = {}): Told => ({
  level: 'warn',
  event,
  sentence,
  fields,
});
const info = (event: string, sentence: string, fields: Told['fields'] = {}): Told => ({
  level: 'info',
  event,
  sentence,
  fields,
});

function tellIdentity(before: Status | null, now: Status): readonly Told[] {
  if (now.role === null) {
    if (now.outcome !== 'no desired state' || before?.why === now.why) return [];
    return [
      warn('no-desired-state', now.why ?? 'This host is not in the cluster: nothing is changed on it.'),
    ];
  }
  if (before?.role === now.role && before.priority === now.priority) return [];
  const priority = now.priority === null ? '' : `, VRRP priority ${now.priority}`;
  return [
    info('role', `This host is ${now.hostname}: ${now.role}${priority}, address ${now.address}.`, {
      role: now.role,
    }),
  ];
}

function tellSource(before: Status | null, now: Status): readonly Told[] {
  if (now.source.ok) {
    if (before === null || before.source.ok) return [];
    return [info('source-back', 'The state repository can be followed again.')];
  }
  if (before !== null && !before.source.ok && before.source.why === now.source.why) return [];
  const meanwhile =
    now.generation > 0
      ? ` Meanwhile ${inForce(now)} goes on being enforced.`
      : ' Nothing is changed meanwhile.';
  return [warn('source', `${now.source.why}${meanwhile}`)];
}

const VERBS = {
  drift: 'drift put right',
  commit: 'applied',
  left: 'no longer desired, put back as first seen',
  undo: 'taken back',
};

function tellChange(change: LastChange): readonly Told[] {
  const fields = {
    commit: change.commit?.sha ?? '',
    outcome: change.failure === null ? 'changed' : 'failed',
  };
  if (change.failure !== null)
    return [
      {
        level: 'error',
        event: 'change-failed',
        sentence: `${change.of} was begun and failed after ${seconds(change.tookMs)}: ${change.failure}. It was to change ${change.changes.map(({ id }) => id).join(', ')}.`,
        fields,
      },
    ];
  const each = change.changes.map((one) =>
    (one.why === 'drift' ? warn : info)(
      one.why === 'drift' ? 'drift' : 'change',
      `${VERBS[one.why]}: ${one.id}: ${one.summary.join(', ')}`,
      { ...fields, resource: one.id },
    ),
  );
  return [...each, info('changed', summaryOf(change), fields)];
}

function summaryOf(change: LastChange): string {
  const author = change.commit === null ? '' : ` by ${change.commit.author}`;
  const steps = change.steps.length === 0 ? '' : `; ${change.steps.join(', ')}`;
  return `${change.of}${author}: ${count(change.changes)} in ${seconds(change.tookMs)}${steps}.`;
}

function count(changes: readonly ReportedChange[]): string {
  const drifted = changes.filter(({ why }) => why === 'drift').length;
  const what = changes.length === 1 ? '1 change' : `${changes.length} changes`;
  return drifted === 0
    ? what
    : drifted === changes.length
      ? `${what}, drift put right`
      : `${what}, ${drifted} of them drift`;
}

function tellRefusal(before: Status | null, now: Status): readonly Told[] {
  const { refused } = now;
  if (refused === null) return [];
  if (before?.refused?.of === refused.of && before.refused.reasons.join() === refused.reasons.join())
    return [];
  const by = refused.commit === null ? '' : ` by ${refused.commit.author}`;
  const stays = now.generation > 0 ? `${inForce(now)} stays in force.` : 'Nothing is in force yet.';
  return [
    {
      level: 'error',
      event: 'refused',
      sentence: `${capital(refused.of)}${by} is refused and nothing was changed for it; ${stays}\n${refused.reasons.join('\n')}`,
      fields: { commit: refused.commit?.sha ?? '', outcome: 'refused' },
    },
  ];
}

function tellFailure(before: Status | null, now: Status, changes: readonly LastChange[]): readonly Told[] {
  if (now.outcome !== 'failed' || changes.some(({ failure }) => failure !== null)) return [];
  if (before?.outcome === 'failed' && before.why === now.why) return [];
  return [
    {
      level: 'error',
      event: 'failed',
      sentence: now.why ?? 'The cycle failed.',
      fields: { outcome: 'failed' },
    },
  ];
}

function tellWaiting(before: Status | null, now: Status): readonly Told[] {
  const known = new Set(before?.waiting.map(({ id, why }) => `${id} ${why}`));
  const begun = now.waiting
    .filter(({ id, why }) => !known.has(`${id} ${why}`))
    .map(({ id, why }) => info('waiting', `${id} waits: ${why}. The rest goes on.`, { resource: id }));
  const still = new Set(now.waiting.map(({ id }) => id));
  const ended = (before?.waiting ?? [])
    .filter(({ id }) => !still.has(id))
    .map(({ id }) => info('waiting-ended', `${id} no longer waits.`, { resource: id }));
  return [...begun, ...ended];
}

/** A commit that changes nothing on this host is still news: it is now the one in force. */
function tellCommit(before: Status | null, now: Status, changes: readonly LastChange[]): readonly Told[] {
  if (now.commit === null || now.commit.sha === before?.commit?.sha || changes.length > 0) return [];
  const { sha, author, subject } = now.commit;
  return [
    info(
      'commit',
      `Commit ${shortSha(sha)} "${subject}" by ${author} is in force: nothing to change on this host.`,
      { commit: sha },
    ),
  ];
}

const inForce = (status: Status): string =>
  status.commit === null ? `generation ${status.generation}` : `commit ${shortSha(status.commit.sha)}`;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
