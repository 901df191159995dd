import { answers } from './blocking.ts';
import type { Sighting } from './sightings.ts';
import type { TurnAsked } from './turn.ts';

/** Who is missing for more than half; `why` goes on after "waits for pi-3, which", `stop` stands alone. */
export type Short = { readonly by: string; readonly why: string; readonly stop: string };

/**
 * More than half of the control plane has seen this host announce itself, this host counted; before it does, more than
 * half can be reached. Only those count that this host has met: a cluster in which nobody can see anybody yet must be
 * able to take the commit that opens the way. `null`: so it is.
 */
export function shortOfQuorum(asked: TurnAsked): Short | null {
  const { me, nodes, sightings, announcedMs } = asked;
  const members = nodes
    .filter(({ name, priority }) => priority !== null && (name === me || sightings.get(name)?.met === true))
    .map(({ name }) => name);
  const missing = members.filter((name) => name !== me && !counts(sightings.get(name), asked));
  const [by] = missing;
  const present = members.length - missing.length;
  if (by === undefined || present * 2 > members.length) return null;
  const count = `${present} of ${members.length} control plane nodes`;
  if (announcedMs === null)
    return {
      by,
      why: 'is needed for more than half of the control plane',
      stop: `this host reaches ${count}, itself counted, and goes on without others only together with more than half: bring ${by} back, take it out of cluster.yaml, or write rollout: { strategy: together }`,
    };
  return {
    by,
    why: 'has not seen yet that this host is about to apply it',
    stop: `only ${count} have seen that this host is about to apply it, itself counted, and it takes more than half: can ${by} reach this host's status port?`,
  };
}

function counts(sighting: Sighting | undefined, asked: TurnAsked): boolean {
  if (!answers(sighting, asked.nowMs)) return false;
  const { me, commit, announcedMs, staleMs } = asked;
  if (announcedMs === null) return true;
  // This announcement, not an earlier one that was withdrawn.
  const sinceMs = sighting.askedMs - 2 * staleMs - announcedMs;
  return (sighting.status.sees ?? []).some(
    ({ name, changing, agoMs }) => name === me && changing === commit && agoMs <= sinceMs,
  );
}
