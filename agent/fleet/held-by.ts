import { unready } from './api-server.ts';
import { answers, blockingOf, longestAnnouncementMs, type Blocking } from './blocking.ts';
import type { Hearsay } from './hearsay.ts';
import { shortOfQuorum } from './quorum.ts';
import type { TurnAnswer, TurnAsked } from './turn.ts';
import type { Waited } from './waited.ts';

export type Peer = {
  readonly name: string;
  /** Its turn is before this host's. */ readonly isBefore: boolean;
};

/** What holds a commit back on this host, and for how long it still may. */
export type HeldBy = Omit<Blocking, 'kind'> & {
  readonly kind: Blocking['kind'] | 'unseen' | 'cut off';
  readonly by: string;
  readonly leftMs: number;
  /** Said instead of `why` when it has come to a stop. */
  readonly stop?: string;
};
export const keyOf = ({ by, kind }: Pick<HeldBy, 'by' | 'kind'>): string => `${by}/${kind}`;

export function heldBy(
  { name, isBefore }: Peer,
  said: Hearsay,
  asked: TurnAsked,
  waited: Waited,
): readonly HeldBy[] {
  const sighting = asked.sightings.get(name);
  const known = { sighting, isBefore, isSaidToChange: said.changing.has(name) };
  const blocking = blockingOf(known, { ...asked, ...asked.rollout }) ?? unready(name, asked);
  if (blocking === null) return [];
  const spentMs = waited.spentMs[keyOf({ by: name, kind: blocking.kind })] ?? 0;
  // A host that has been dead for a week needs no new patience.
  const silentMs = answers(sighting, asked.nowMs)
    ? 0
    : asked.nowMs - (sighting?.silent?.sinceMs ?? asked.nowMs);
  // Each time it announces itself, it has the same time to be heard.
  const sinceMs = blocking.kind === 'unheard' ? asked.nowMs - (asked.announcedMs ?? asked.nowMs) : spentMs;
  return [{ ...blocking, by: name, leftMs: blocking.limitMs - Math.max(sinceMs, silentMs) }];
}

export function unseen(asked: TurnAsked): readonly HeldBy[] {
  const short = shortOfQuorum(asked);
  if (short === null) return [];
  const { announcedMs, nowMs, staleMs } = asked;
  const limitMs = longestAnnouncementMs(staleMs);
  if (announcedMs !== null)
    return [{ ...short, kind: 'unseen', afterwards: 'stop', limitMs, leftMs: announcedMs + limitMs - nowMs }];
  // It has waited for the others already.
  return [{ ...short, kind: 'cut off', afterwards: 'stop', limitMs: 0, leftMs: 0 }];
}

/** What has come to a stop is said before what is waited for. */
export function decide(held: readonly HeldBy[], nowMs: number): TurnAnswer {
  const over = held.filter(({ leftMs }) => leftMs <= 0);
  const against = over.find(({ afterwards }) => afterwards === 'stop');
  if (against !== undefined)
    return { stop: { by: against.by, why: against.stop ?? `${against.by} ${against.why}` } };
  const next = held.find(({ leftMs }) => leftMs > 0);
  if (next !== undefined) {
    const why = `waits for ${next.by}, which ${next.why}`;
    return { wait: { for: next.by, why, untilMs: nowMs + next.leftMs } };
  }
  return { go: true, warnings: over.map(({ by, why }) => `It goes on without ${by}, which ${why}.`) };
}
