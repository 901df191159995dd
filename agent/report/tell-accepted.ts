import { shortSha } from '../plan/format-plan.ts';
import type { AcceptedByHand, Status } from './status.ts';
import { ended, info, warn, type Told } from './told.ts';

/** What somebody accepted at a terminal. The journal has it from the next cycle, once. */
export function tellAccepted(before: Status | null, now: Status): readonly Told[] {
  const accepted = now.acceptedByHand ?? null;
  if (accepted === null || accepted.atMs === before?.acceptedByHand?.atMs) return [];
  const say = accepted.unsigned === null ? info : warn;
  return [say('accepted', sayAccepted(accepted), { commit: accepted.commit.sha })];
}

export function sayAccepted({ commit, by, unsigned }: AcceptedByHand): string {
  const what = `commit ${shortSha(commit.sha)} "${commit.subject}" by ${commit.author}`;
  const although = unsigned === null ? '' : `, although ${ended(unsigned).slice(0, -1)}`;
  return `${by} has accepted ${what} by hand${although}. It and what follows it is applied.`;
}
