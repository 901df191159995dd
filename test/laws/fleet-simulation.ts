import type { PeerStatus } from '../../agent/fleet/peer-status.ts';
import type { PeerAnswer } from '../../agent/fleet/peers.ts';
import { durableText, recallSightings } from '../../agent/fleet/remembered.ts';
import { remember, whatItSees, type Sightings } from '../../agent/fleet/sightings.ts';
import { precedence, type FleetNode } from '../../agent/fleet/turn-order.ts';
import { turn, type TurnAnswer } from '../../agent/fleet/turn.ts';
import { nextStep } from '../../agent/fleet/turns.ts';
import type { Waited } from '../../agent/fleet/waited.ts';

/**
 * A fleet in which everything goes wrong but what turns are promised: answers are true and at most `staleMs` old, and
 * may leave out anything but the phase; hosts remember what sightings.ts calls durable. Milliseconds from the start.
 */
export type Scenario = {
  readonly nodes: readonly FleetNode[];
  readonly seed: number;
  readonly staleMs: number;
  /** Of questions; of answers that leave something out. */
  readonly lost: number;
  readonly omitting: number;
  readonly commits: readonly { readonly atMs: number; readonly isBad: boolean }[];
  readonly deaths: readonly Span[];
  readonly pauses: readonly Span[];
  readonly withoutGit: readonly Span[];
  /** Nobody of `side` can ask anybody of `other`, and, `bothWays`, the other way round. */
  readonly cuts: readonly (Omit<Span, 'host'> & {
    readonly side: readonly number[];
    readonly other: readonly number[];
    readonly bothWays: boolean;
  })[];
  /** From then on nothing goes wrong any more; hosts that are dead for ever stay so. */
  readonly calmMs: number;
  readonly endMs: number;
  /** Hosts that have the first commit already. */
  readonly done?: number;
};
export type Span = { readonly host: number; readonly fromMs: number; readonly toMs: number };

export const FOREVER = Number.POSITIVE_INFINITY;
export const UNREACHABLE_MS = 600_000;
const ROLLOUT = { order: null, settleMs: 10_000, unreachableMs: UNREACHABLE_MS, strategy: 'turns' } as const;
const CYCLE_MS = 30_000;
const FIRST = 'c0';
const QUIET_MS = 300_000;

/** Somebody began to apply a commit; `toMs`: until it was kept or taken back. */
export type Begun = { readonly host: string; readonly commit: string; readonly fromMs: number; toMs: number };

export class SimulatedHost {
  head = FIRST;
  commit = FIRST;
  settledSinceMs = 0;
  change: { readonly begun: Begun; readonly endsMs: number } | null = null;
  announced: { readonly commit: string; readonly sinceMs: number } | null = null;
  answer: TurnAnswer | null = null;
  waited: Waited | null = null;
  sightings: Sightings = new Map();
  bootMs = 0;
  isUp = true;
  isPaused = false;
  readonly takenBack: { commit: string; why: string }[] = [];
  readonly node: FleetNode;
  readonly holdsVip: boolean;
  /** What others may still be told: answers are shared for a while. */
  readonly #past: { readonly atMs: number; readonly status: (nowMs: number) => PeerStatus }[] = [];
  constructor(node: FleetNode, holdsVip: boolean) {
    this.node = node;
    this.holdsVip = holdsVip;
  }

  keep(atMs: number, staleMs: number): void {
    this.#past.push({ atMs, status: this.#status() });
    while ((this.#past[1]?.atMs ?? FOREVER) <= atMs - staleMs) this.#past.shift();
  }
  /** As it was then. */
  statusAt(atMs: number): PeerStatus {
    const past = this.#past.findLast((one) => one.atMs <= atMs) ?? this.#past[0]!;
    return past.status(Math.max(atMs, past.atMs));
  }
  forget(): void {
    this.#past.length = 0;
  }

  #status(): (nowMs: number) => PeerStatus {
    const { node, head, commit, change, announced, answer, isPaused, sightings, bootMs, holdsVip } = this;
    const takenBack = [...this.takenBack];
    const isIdle = change === null && announced === null;
    const waiting =
      answer === null || 'go' in answer
        ? null
        : 'wait' in answer
          ? { for: answer.wait.for, why: answer.wait.why }
          : { for: answer.stop.by, why: answer.stop.why };
    const settledSinceMs = this.settledSinceMs;
    return (nowMs) => ({
      version: 1,
      release: '1.0.0',
      hostname: node.name,
      role: node.priority === null ? 'worker' : holdsVip ? 'MASTER' : 'BACKUP',
      priority: node.priority,
      head,
      commit,
      generation: 1,
      phase: isIdle ? 'idle' : 'applying',
      changing: change?.begun.commit ?? announced?.commit ?? null,
      outcome: 'in desired state',
      settledMs: isIdle ? nowMs - settledSinceMs : null,
      takenBack,
      vip: { held: holdsVip, answers: true, seen: null },
      apiServer: { ready: true, seen: null },
      staged: null,
      waiting: isIdle ? waiting : null,
      paused: isPaused,
      nowMs,
      lastSuccessMs: nowMs,
      // Of 200 hosts times 200 hardly anybody looks.
      get sees() {
        return whatItSees(sightings, nowMs - bootMs);
      },
    });
  }
}

/** Pseudo-random and the same each time (mulberry32). */
export function randomOf(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export class Fleet {
  readonly hosts: readonly SimulatedHost[];
  readonly begun: Begun[] = [];
  /** Waits that were answered: who, for whom, and how far ahead the end was. */
  readonly aheadMs: number[] = [];
  nowMs = 0;
  readonly #of: Scenario;
  readonly #random: () => number;

  constructor(of: Scenario) {
    this.#of = of;
    this.#random = randomOf(of.seed);
    const first = precedence(of.nodes, null);
    const master = of.nodes.toSorted((a, b) => (b.priority ?? 0) - (a.priority ?? 0))[0];
    this.hosts = of.nodes.map((node) => new SimulatedHost(node, node === master));
    for (const host of this.hosts) {
      if (first.indexOf(host.node.name) < (of.done ?? 0)) host.head = host.commit = 'c1';
      host.keep(0, of.staleMs);
    }
    for (const host of this.hosts) {
      const answers = new Map<string, PeerAnswer>(
        this.hosts.flatMap((peer) => (peer === host ? [] : [[peer.node.name, peer.statusAt(0)] as const])),
      );
      const sightings = remember(new Map(), { askedMs: 0, answeredMs: 0, answers }, host.node.name);
      // All have met.
      host.sightings = new Map([...sightings].map(([name, one]) => [name, { ...one, met: true }]));
    }
    for (const host of this.hosts) host.keep(0, of.staleMs);
  }

  run(): this {
    const { endMs, calmMs } = this.#of;
    const due = this.hosts.map(() => this.#random() * CYCLE_MS);
    for (;;) {
      const next = due.indexOf(Math.min(...due));
      this.nowMs = due[next]!;
      if (this.nowMs >= endMs || (this.nowMs > calmMs + QUIET_MS && this.#isQuiet())) return this;
      const betweenMs = this.#step(next, this.nowMs < calmMs);
      due[next] = this.nowMs + betweenMs * (0.9 + this.#random() * 0.2);
    }
  }

  /** Nobody wants anything any more. */
  #isQuiet(): boolean {
    return this.hosts.every(
      ({ isUp, answer, change, announced }) => !isUp || (answer ?? change ?? announced) === null,
    );
  }

  /** One cycle of one host; how soon it goes on. */
  #step(at: number, isRough: boolean): number {
    const host = this.hosts[at]!;
    const { staleMs } = this.#of;
    const isDead = this.#hits(this.#of.deaths, at);
    if (isDead) {
      host.isUp = false;
      return 5_000;
    }
    if (!host.isUp) this.#boot(host);
    this.#end(host);
    host.isPaused = isRough && this.#hits(this.#of.pauses, at);
    const fetched = !(isRough && this.#hits(this.#of.withoutGit, at));
    if (fetched && host.change === null) host.head = this.#newest();
    this.#look(host, at, isRough);
    this.#ask(host, fetched);
    host.keep(this.nowMs, staleMs);
    if (host.change !== null) return Math.min(CYCLE_MS, Math.max(1, host.change.endsMs - this.nowMs));
    return host.announced === null ? CYCLE_MS : Math.max(4_000, staleMs);
  }

  #boot(host: SimulatedHost): void {
    host.isUp = true;
    host.bootMs = this.nowMs;
    host.sightings = recallSightings(durableText(host.sightings), null);
    host.waited = null;
    host.announced = null;
    host.answer = null;
    host.settledSinceMs = this.nowMs;
    // What was interrupted is taken up again.
    if (host.change !== null) host.change = { ...host.change, endsMs: this.nowMs + 60_000 * this.#random() };
    host.forget();
    host.keep(this.nowMs, this.#of.staleMs);
  }

  #end(host: SimulatedHost): void {
    if (host.change === null || host.change.endsMs > this.nowMs) return;
    const { begun } = host.change;
    begun.toMs = this.nowMs;
    if (this.isBad(begun.commit))
      host.takenBack.push({ commit: begun.commit, why: 'the VIP did not answer' });
    else host.commit = begun.commit;
    host.settledSinceMs = this.nowMs;
    host.change = null;
  }

  #look(host: SimulatedHost, at: number, isRough: boolean): void {
    const nowMs = this.nowMs - host.bootMs;
    const answers = new Map(
      this.hosts.flatMap((peer, to) =>
        peer === host ? [] : [[peer.node.name, this.#answer(peer, at, to, isRough)] as const],
      ),
    );
    host.sightings = remember(host.sightings, { askedMs: nowMs, answeredMs: nowMs, answers }, host.node.name);
  }

  #answer(peer: SimulatedHost, from: number, to: number, isRough: boolean): PeerAnswer {
    const { staleMs, lost, omitting, deaths } = this.#of;
    const isLost = isRough && (this.#random() < lost || this.#isCut(from, to));
    if (isLost || !peer.isUp || this.#hits(deaths, to)) return { unreachable: 'no answer within 2 s' };
    const oldMs = Math.min(staleMs * this.#random(), this.nowMs - peer.bootMs);
    const status = peer.statusAt(this.nowMs - oldMs);
    return isRough && this.#random() < omitting ? this.#leaveOut(status) : status;
  }

  #leaveOut(status: PeerStatus): PeerStatus {
    const maybe = <T>(value: T): T | null => (this.#random() < 0.5 ? null : value);
    return {
      ...status,
      head: maybe(status.head),
      commit: maybe(status.commit),
      changing: maybe(status.changing),
      settledMs: maybe(status.settledMs),
      waiting: maybe(status.waiting),
      takenBack: maybe(status.takenBack) ?? [],
      sees: maybe(status.sees) ?? [],
      vip: { ...status.vip, held: this.#random() < 0.5 && status.vip.held },
    };
  }

  #ask(host: SimulatedHost, fetched: boolean): void {
    const { head, node } = host;
    const wants =
      host.change === null &&
      !host.isPaused &&
      head !== host.commit &&
      !host.takenBack.some(({ commit }) => commit === head);
    if (host.announced !== null && (!wants || host.announced.commit !== head)) host.announced = null;
    host.answer = null;
    if (!wants) return;
    const nowMs = this.nowMs - host.bootMs;
    const asked = {
      me: node.name,
      commit: head,
      nowMs,
      announcedMs: host.announced?.sinceMs ?? null,
      fetched,
      staleMs: this.#of.staleMs,
      nodes: this.#of.nodes,
      rollout: ROLLOUT,
      self: { holdsVip: host.holdsVip, isStuck: false },
      sightings: host.sightings,
      apiServer: null,
    };
    const next = turn(asked, host.waited);
    host.waited = next.waited;
    host.answer = next.answer;
    if ('wait' in next.answer) this.aheadMs.push(next.answer.wait.untilMs - nowMs);
    const step = nextStep(next, asked);
    if (step === 'announce') host.announced = { commit: head, sinceMs: nowMs };
    if (step === 'make way') host.announced = null;
    if (step === 'go') this.#begin(host);
  }

  #begin(host: SimulatedHost): void {
    const begun = { host: host.node.name, commit: host.head, fromMs: this.nowMs, toMs: FOREVER };
    this.begun.push(begun);
    const isLong = this.#random() < 0.1;
    host.announced = null;
    host.change = { begun, endsMs: this.nowMs + this.#random() * (isLong ? 20 * 60_000 : 120_000) };
  }

  isBad(commit: string): boolean {
    return this.#of.commits[Number(commit.slice(1)) - 1]?.isBad ?? false;
  }
  #newest(): string {
    const newest = this.#of.commits.findLastIndex(({ atMs }) => atMs <= this.nowMs) + 1;
    return `c${newest}`;
  }
  #hits(spans: readonly Span[], at: number): boolean {
    return spans.some(({ host, fromMs, toMs }) => host === at && fromMs <= this.nowMs && this.nowMs < toMs);
  }
  #isCut(from: number, to: number): boolean {
    return this.#of.cuts.some(({ fromMs, toMs, side, other, bothWays }) => {
      const isNow = fromMs <= this.nowMs && this.nowMs < toMs;
      const leaves = side.includes(from) && other.includes(to);
      const enters = other.includes(from) && side.includes(to);
      return isNow && (leaves || (bothWays && enters));
    });
  }
}
