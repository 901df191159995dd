import { shortSha } from '../plan/format-plan.ts';
import type { LastChange, Status } from './status.ts';
import { tellAccepted } from './tell-accepted.ts';
import { tellChange } from './tell-change.ts';
import { tellHeldEnded } from './tell-held.ts';
import { tellPause } from './tell-pause.ts';
import { tellReleased } from './tell-released.ts';
import { tellStanding } from './tell-standing.ts';
import { tellStuck } from './tell-stuck.ts';
import { ended, inForce, info, warn, type Told } from './told.ts';

/**
 * What a cycle has to say, given what the one before said: news only. A refusal, an outage or a wait is said when it
 * begins, when its reason changes and when it ends, not every thirty seconds; a cycle without news is one debug line.
 */
export function tell(before: Status | null, now: Status, changes: readonly LastChange[]): readonly Told[] {
  const told = [
    ...tellIdentity(before, now),
    ...tellSource(before, now),
    ...tellAccepted(before, now),
    ...tellPause(before, now),
    ...tellHeldEnded(before, now),
    ...changes.flatMap((change) => tellChange(before, change)),
    ...tellStuck(before, now, changes),
    ...tellStanding(before, now),
    ...tellReleased(before, now),
    ...now.notices
      .filter((notice) => !before?.notices.includes(notice))
      .map((sentence) => warn('notice', sentence)),
    ...tellCommit(before, now, changes),
  ];
  if (told.length > 0) return told;
  if (before?.outcome === 'failed' && now.outcome !== 'failed')
    return [info('recovered', `The failure is over; this host is ${now.outcome}.`)];
  return [
    {
      level: 'debug',
      event: 'unchanged',
      sentence: `Nothing to do: ${ended(`${now.outcome}${now.why === null ? '' : `: ${now.why}`}`)}`,
    },
  ];
}

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

/** A commit that changes nothing on this host is still news: it is now the one in force. */
function tellCommit(before: Status | null, now: Status, changes: readonly LastChange[]): readonly Told[] {
  if (now.commit === null || now.commit.sha === before?.commit?.sha) return [];
  const { sha, author, subject } = now.commit;
  // What recovery took back belongs to another one.
  if (changes.some((change) => change.commit?.sha === sha)) return [];
  return [
    info(
      'commit',
      `Commit ${shortSha(sha)} "${subject}" by ${author} is in force: nothing to change on this host.`,
      { commit: sha },
    ),
  ];
}
