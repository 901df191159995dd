import type { PeerStatus } from '../../../agent/fleet/peer-status.ts';
import type { PeerAnswer } from '../../../agent/fleet/peers.ts';
import { remember, type Sightings } from '../../../agent/fleet/sightings.ts';
import type { TurnAsked } from '../../../agent/fleet/turn.ts';
import { peerOf } from '../../support/peers.ts';

export const OLD = 'a'.repeat(40);
export const NEW = 'b'.repeat(40);
export const MIN = 60_000;
export const NOW = 100 * MIN;

/** Three Pis; each peer has the old commit in force, follows the new one, and has seen all of the others. */
export const NODES = [
  { name: 'pi-1', priority: 100 },
  { name: 'pi-2', priority: 99 },
  { name: 'pi-3', priority: 98 },
] as const;

export const peer = (name: string, more: Partial<PeerStatus> = {}): PeerStatus =>
  peerOf({
    hostname: name,
    head: NEW,
    commit: OLD,
    vip: { held: name === 'pi-1', answers: true, seen: null },
    sees: NODES.map((node) => ({ name: node.name, agoMs: 1_000, changing: null, tookBack: null })),
    ...more,
  });
export const has = (name: string, more: Partial<PeerStatus> = {}): PeerStatus =>
  peer(name, { commit: NEW, ...more });

/** They have been silent for so long; `'silent'`: just now, for the first time. */
export type Said = Readonly<Record<string, PeerStatus | number>>;

/** What a host remembers that has heard this now, and has seen everybody well before. */
export function seen(me: string, said: Said, before: Said = {}): Sightings {
  const names = NODES.map(({ name }) => name).filter((name) => name !== me);
  const earlierMs = NOW - 60 * MIN;
  const first = new Map<string, PeerAnswer>(
    names.map((name) => {
      const answer = before[name] ?? peer(name, { head: OLD });
      return [name, typeof answer === 'number' ? { unreachable: 'connection refused' } : answer];
    }),
  );
  let sightings = remember(new Map(), { askedMs: earlierMs, answeredMs: earlierMs, answers: first }, me);
  for (const silentMs of [...new Set(Object.values(said))]
    .filter((one) => typeof one === 'number')
    .sort((a, b) => b - a))
    sightings = remember(sightings, lookAt(NOW - silentMs, names, said, silentMs), me);
  return remember(sightings, lookAt(NOW, names, said, 0), me);
}

const lookAt = (atMs: number, names: readonly string[], said: Said, sinceMs: number) => ({
  askedMs: atMs,
  answeredMs: atMs,
  answers: new Map<string, PeerAnswer>(
    names.map((name) => {
      const answer = said[name] ?? peer(name);
      const isSilent = typeof answer === 'number' && answer >= sinceMs;
      return [
        name,
        isSilent
          ? { unreachable: 'connection refused' }
          : typeof answer === 'number'
            ? peer(name, { head: OLD })
            : answer,
      ];
    }),
  ),
});

export const askedBy = (
  me: string,
  said: Said,
  more: Partial<TurnAsked> = {},
  before: Said = {},
): TurnAsked => ({
  me,
  commit: NEW,
  nowMs: NOW,
  announcedMs: null,
  fetched: true,
  staleMs: 2_500,
  nodes: NODES,
  rollout: { order: null, settleMs: 10_000, unreachableMs: 10 * MIN, strategy: 'turns' },
  self: { holdsVip: me === 'pi-1', isStuck: false },
  sightings: seen(me, said, before),
  apiServer: null,
  ...more,
});
