import type { Rollout } from '../desired/cluster.ts';
import type { BlockingAsked } from './blocking.ts';
import { hearsay, type Hearsay } from './hearsay.ts';
import { decide, heldBy, keyOf, unseen, type Peer } from './held-by.ts';
import type { Sightings } from './sightings.ts';
import { stopOf } from './stop.ts';
import { turnOrder, type FleetNode } from './turn-order.ts';
import { spentUntil, type Waited } from './waited.ts';

/**
 * INVARIANTS, as long as no answer is older than `staleMs` says, and hosts remember (sightings.ts):
 *  - Of hosts that have met, never two apply one commit at once, however the network is cut: each has been seen
 *    announcing itself by more than half of the control plane, so some host has seen both, and it tells.
 *  - A commit that was taken back, or whose host has gone silent while applying it, goes no further.
 *  - Every wait names a host and ends: in going on without it, or in a stop that says what stands in the way. A stop
 *    lasts as long as its reason; a newer commit begins anew.
 */
export type TurnAnswer =
  | { readonly go: true; readonly warnings: readonly string[] }
  /** `why` is a clause, "waits for pi-3, which ..."; `untilMs`: monotonic, when this reason ends at the latest. */
  | { readonly wait: { readonly for: string; readonly why: string; readonly untilMs: number } }
  /** `why` is a clause: "pi-3 took it back: ...". */
  | { readonly stop: { readonly by: string; readonly why: string } };

export type TurnAsked = Omit<BlockingAsked, 'settleMs' | 'unreachableMs'> & {
  /** All hosts of cluster.yaml, this one too. */
  readonly nodes: readonly FleetNode[];
  readonly rollout: Pick<Rollout, 'order' | 'settleMs' | 'unreachableMs'> & {
    readonly strategy: 'turns' | 'together';
  };
  readonly self: { readonly holdsVip: boolean; readonly isStuck: boolean };
  readonly sightings: Sightings;
  /** The plan edits or restarts this host's API server, which is ready now or not; `null`: the plan does not. */
  readonly apiServer: { readonly ready: boolean | null } | null;
};

export type Turn = {
  readonly answer: TurnAnswer;
  /** To be given again next time. */
  readonly waited: Waited;
  /** It waits for nothing but to see, and to be seen. */
  readonly isUnseen: boolean;
};

/** Whether this host may apply a commit now; if it has not announced itself, whether it may do that. */
export function turn(asked: TurnAsked, before: Waited | null): Turn {
  const waited = spentUntil(before, asked.commit, asked.nowMs);
  if (asked.rollout.strategy === 'together')
    return { answer: { go: true, warnings: [] }, waited, isUnseen: false };
  const peers = peersInOrder(asked);
  const said = hearsay(asked);
  for (const peer of peers) {
    const why = stopOf(peer, said, asked);
    if (why !== null) return { answer: { stop: { by: peer.name, why } }, waited, isUnseen: false };
  }
  return among(peers, said, asked, waited, { needsQuorum: true });
}

/**
 * The same for drift that restarts the API server: one at a time, in no order. `commit` is the one in force. Other
 * drift needs no turn.
 */
export function apiServerTurn(asked: TurnAsked, before: Waited | null): Turn {
  const waited = spentUntil(before, `${asked.commit} API server`, asked.nowMs);
  const peers = peersInOrder(asked).map(({ name }) => ({ name, isBefore: false }));
  return among(peers, hearsay(asked), asked, waited, { needsQuorum: false });
}

function among(
  peers: readonly Peer[],
  said: Hearsay,
  asked: TurnAsked,
  waited: Waited,
  { needsQuorum }: { readonly needsQuorum: boolean },
): Turn {
  const byPeers = peers.flatMap((peer) => heldBy(peer, said, asked, waited));
  const isHeld = byPeers.some(({ leftMs }) => leftMs > 0);
  // Only when nothing else is waited for: whoever is short of others has heard of all of them by then.
  const short = isHeld || !needsQuorum ? [] : unseen(asked);
  const held = [...byPeers, ...short];
  // Whoever waits in line itself is not to blame for it.
  const first = held.find(({ leftMs }) => leftMs > 0);
  const counted = held.filter((one) => one.kind !== 'turn' || one === first).map(keyOf);
  return {
    answer: decide(held, asked.nowMs),
    waited: { ...waited, held: counted },
    isUnseen: held.every(({ kind, leftMs }) => kind === 'unseen' || kind === 'unheard' || leftMs <= 0),
  };
}

function peersInOrder({ me, nodes, rollout, self, sightings }: TurnAsked): readonly Peer[] {
  const holders = new Set(self.holdsVip ? [me] : []);
  const stuck = new Set(self.isStuck ? [me] : []);
  for (const [name, { status, silent }] of sightings) {
    if (silent !== null) continue;
    if (status?.vip.held === true) holders.add(name);
    if (status?.phase === 'stuck') stuck.add(name);
  }
  const order = turnOrder(nodes, rollout.order, { holders, stuck });
  const mine = order.indexOf(me);
  return order.flatMap((name, at) => (name === me ? [] : [{ name, isBefore: at < mine }]));
}
