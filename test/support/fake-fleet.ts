import type { Cluster } from '../../agent/desired/cluster.ts';
import { openFleet, type Fleet } from '../../agent/fleet/fleet.ts';
import type { PeerStatus } from '../../agent/fleet/peer-status.ts';
import { openSaying, type Saying } from '../../agent/fleet/saying.ts';
import { writePeerStatus } from '../../agent/fleet/write-peer-status.ts';
import type { Asked, AskedAnswer } from '../../agent/host/status-asker.ts';
import { commitOf } from './desired.ts';
import { FakeStateDirectory } from './fake-state-directory.ts';
import { clusterOf } from './home-cluster.ts';
import { peerOf } from './peers.ts';

export const NODE = {
  1: 'kubernetes-node-1',
  2: 'kubernetes-node-2',
  3: 'kubernetes-node-3',
} as const;

/** Three Pis; the first one is the host of these tests, and the last one to change. */
export const CLUSTER: Cluster = clusterOf(Object.values(NODE));
export const withRollout = (more: Partial<Cluster['rollout']>): Cluster => ({
  ...CLUSTER,
  rollout: { ...CLUSTER.rollout, ...more },
});

type Silent = { readonly failed: string };

/** Other hosts that answer over the network what a test has them say. Time passes only while this host sleeps. */
export class FakeFleet {
  readonly asked: Asked[] = [];
  readonly state: FakeStateDirectory;
  readonly runtime: FakeStateDirectory;
  readonly saying: Saying;
  /** Called in the middle of every question. */
  whileAsking: () => void | Promise<void> = () => undefined;
  /** While this host waits between two looks. */
  whileSleeping: () => void = () => undefined;
  readonly #time: { nowMs: number };
  readonly #peers = new Map<string, PeerStatus | Silent>();

  constructor(
    time: { nowMs: number } = { nowMs: 1_000_000 },
    { state = new FakeStateDirectory(), runtime = new FakeStateDirectory('/run/holdfast/agent') } = {},
  ) {
    this.#time = time;
    this.state = state;
    this.runtime = runtime;
    this.saying = openSaying(runtime, { monotonicMs: () => this.#time.nowMs });
    for (const n of [2, 3] as const) this.peer(n);
  }

  get nowMs(): number {
    return this.#time.nowMs;
  }
  set nowMs(ms: number) {
    this.#time.nowMs = ms;
  }

  /** From now on it says this; without more it is well at commit 1. */
  peer(n: 2 | 3, more: Partial<PeerStatus> | Silent = {}): this {
    const is = 'failed' in more ? more : peerOf({ hostname: NODE[n], priority: 101 - n, ...more });
    this.#peers.set(`10.1.1.${n}`, is);
    return this;
  }
  /** Both of them. */
  others(more: Partial<PeerStatus> | Silent): this {
    return this.peer(2, more).peer(3, more);
  }

  open(): Fleet {
    const sleep = async (ms: number): Promise<void> => {
      this.whileSleeping();
      this.#time.nowMs += ms;
    };
    return openFleet({
      ask: (asked) => this.#answer(asked),
      port: 9463,
      state: this.state,
      runtime: this.runtime,
      time: { clock: { monotonicMs: () => this.#time.nowMs }, sleep },
      saying: this.saying,
    });
  }

  /** Each has asked this host just now. */
  async #answer(asked: Asked): Promise<AskedAnswer> {
    this.asked.push(asked);
    await this.whileAsking();
    const peer = this.#peers.get(asked.address) ?? { failed: 'no route to host' };
    if ('failed' in peer) return peer;
    const { word } = await this.saying.said();
    const changing = word !== null && 'changing' in word ? word.changing : null;
    const sees = [{ name: NODE[1], agoMs: 0, changing, tookBack: null }];
    return { body: writePeerStatus({ sees, ...peer, ...(peer.sees?.length === 0 ? { sees } : {}) }) };
  }
}

/** A host that has commit 2, and has been well with it. */
export const HAS_2 = { head: commitOf(2).sha, commit: commitOf(2).sha } as const;
/** One that knows of commit 2 and has commit 1. */
export const KNOWS_2 = { head: commitOf(2).sha, commit: commitOf(1).sha } as const;
