import type { Sightings } from './sightings.ts';
import type { FleetNode } from './turn-order.ts';

/** What peers say of each other, where that is news to this host. */
export type Hearsay = {
  /** Hosts that somebody has seen applying the commit, more recently than this host has seen them. */
  readonly changing: ReadonlySet<string>;
  /** Hosts that somebody knows to have taken it back. */
  readonly tookBack: ReadonlySet<string>;
};

/** Who cannot be reached from here may be seen from there: a network that is cut between two hosts hides nothing. */
export function hearsay({
  me,
  commit,
  staleMs,
  nodes,
  sightings,
}: {
  readonly me: string;
  readonly commit: string;
  readonly staleMs: number;
  readonly nodes: readonly FleetNode[];
  readonly sightings: Sightings;
}): Hearsay {
  const changing = new Set<string>();
  const tookBack = new Set<string>();
  for (const { name: teller, priority } of nodes) {
    // More than half of the control plane has seen whoever begins: workers have nothing to add.
    const told = priority === null ? undefined : sightings.get(teller);
    for (const { name, agoMs, ...seen } of told?.status?.sees ?? []) {
      if (name === me || name === teller) continue;
      if (seen.tookBack === commit) tookBack.add(name);
      const own = sightings.get(name);
      // The latest that the teller can have seen it, and the earliest that this host can have.
      const saidMs = told!.answeredMs - agoMs + staleMs;
      const isNewer = own === undefined || own.status === null || saidMs > own.askedMs - staleMs;
      if (seen.changing === commit && isNewer) changing.add(name);
    }
  }
  return { changing, tookBack };
}
