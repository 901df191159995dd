import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../../agent/desired/cluster.ts';
import type { Fleet } from '../../../agent/fleet/fleet.ts';
import { openAgreement } from '../../../agent/fleet/agreement.ts';
import { CalledOff } from '../../../agent/fleet/called-off.ts';
import { inLockstep, STAY_MS, type InLockstep } from '../../../agent/fleet/in-lockstep.ts';
import { DISSENTS } from '../../../agent/fleet/keep-stopped.ts';
import { CONFIRM_MS } from '../../../agent/fleet/last-seconds.ts';
import { LAST_LOOK_MS } from '../../../agent/fleet/lockstep-step.ts';
import type { PeerStatus } from '../../../agent/fleet/peer-status.ts';
import { remember, STALE_MS, type Sightings } from '../../../agent/fleet/sightings.ts';
import type { Plan } from '../../../agent/plan/change.ts';
import type { Found } from '../../../agent/source/source.ts';
import { BlobStore } from '../../../agent/transaction/blobs.ts';
import { NEW_LEDGER } from '../../../agent/transaction/ledger.ts';
import type { Recovered } from '../../../agent/transaction/recover.ts';
import { FakeHealth } from '../../support/fake-health.ts';
import { FakeStateDirectory } from '../../support/fake-state-directory.ts';
import { MIN, NEW, NODES, OLD, peer } from './fleet-of.ts';

const WALL = Date.UTC(2026, 2, 1, 2, 0, 0);

/** One host among scripted others, with clocks that only sleeping moves. */
class OneHost {
  monotonicMs = 1_000_000;
  wallMs = WALL;
  /** What a peer says when it is asked, at this host's wall clock. */
  says: (name: string, wallMs: number) => PeerStatus = (name, nowMs) => ready(name, { nowMs });
  readonly staged: string[] = [];
  readonly known: string[] = [];
  readonly state = new FakeStateDirectory('/var/lib/holdfast');
  readonly runtime = new FakeStateDirectory('/run/holdfast/agent');
  readonly health = new FakeHealth();
  #sightings: Sightings = new Map();
  /** While it waits. */
  whileSleeping: () => void = () => undefined;
  readonly #atMs: number | null;
  readonly #vip: string;
  constructor(atMs: number | null = WALL + 30_000, vip = '10.1.233.2') {
    this.#atMs = atMs;
    this.#vip = vip;
  }

  ask(): Promise<InLockstep | null> {
    const quiet = () => undefined;
    const clock = { now: () => this.wallMs, monotonicMs: () => this.monotonicMs };
    const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
    const places = { state: this.state, runtime: this.runtime };
    const tools = { ...places, blobs: new BlobStore(this.state), health: this.health, clock, log };
    return inLockstep(this.#plan(), found, this.#at(), { ...tools, fleet: this.#fleet(), progress: quiet });
  }

  #fleet(): Fleet {
    const look = async (): Promise<Sightings> => {
      const askedMs = this.monotonicMs;
      const answers = new Map(['pi-2', 'pi-3'].map((name) => [name, this.says(name, this.wallMs)]));
      this.#sightings = remember(this.#sightings, { askedMs, answeredMs: askedMs, answers }, 'pi-1');
      return this.#sightings;
    };
    const sleep = async (ms: number): Promise<void> => {
      this.whileSleeping();
      const untilMs = this.monotonicMs + ms;
      // Whoever sleeps for less, or does not sleep, goes first.
      for (let turns = 0; turns < ms / 50 && this.monotonicMs < untilMs; turns += 1)
        await new Promise((resolve) => setImmediate(resolve));
      const passedMs = Math.max(0, untilMs - this.monotonicMs);
      this.monotonicMs += passedMs;
      this.wallMs += passedMs;
    };
    const stage = async (staged: PeerStatus['staged']): Promise<void> =>
      void this.staged.push(staged === null ? 'not ready' : 'ready');
    const know = ({ vip }: Cluster): void => void this.known.push(vip);
    return { know, look, sleep, saying: { stage } } as unknown as Fleet;
  }

  #plan(): Plan {
    const role = { hostname: 'pi-1', role: 'MASTER', priority: 100, address: '10.1.1.1' };
    const cluster = clusterAt(this.#vip, this.#atMs);
    const from = { commit: NEW, author: 'Ada', subject: 'Another address' };
    return {
      of: { from, role, cluster, resources: [], blobs: new Map() },
      changes: [],
      steps: [],
    } as unknown as Plan;
  }
  #at(): Recovered {
    const candidate = { cluster: clusterAt('10.1.233.1', null), resources: [] };
    const committed = { commit: { sha: OLD, author: '', subject: '' }, generation: 1, candidate };
    return {
      ledger: { ...NEW_LEDGER, generation: 1, everWell: true, inventory: new Map([['file[/etc/a]', {}]]) },
      committed,
      lost: null,
    } as unknown as Recovered;
  }
}

const clusterAt = (vip: string, atMs: number | null) => ({
  vip,
  vrrp: { routerId: 51, version: 2, advertIntervalMs: 1_000, transport: 'multicast' },
  nodes: NODES,
  workers: [],
  rollout: { atMs, unreachableMs: 10 * MIN },
});
const found = { newest: null, head: null, ok: true, why: null } as Found;
const ready = (name: string, more: Partial<PeerStatus> = {}): PeerStatus =>
  peer(name, { staged: { commit: NEW, atMs: WALL + 30_000 }, ...more });
const momentOf = (answer: InLockstep | null) =>
  answer !== null && 'moment' in answer && answer.moment !== null ? answer.moment : expect.fail('no moment');
const heldOf = (answer: InLockstep | null) =>
  answer !== null && 'held' in answer ? answer.held : expect.fail('it is not held');

describe('a commit that moves the virtual IP', () => {
  it('stands ready long before, and the daemon is asked again in time', async () => {
    const atMs = WALL + 3 * 60 * MIN;
    const host = new OneHost(atMs);
    const held = heldOf(await host.ask());
    expect(held).toMatchObject({ by: 'lockstep', againMs: atMs - STAY_MS });
    expect(held.why).toContain(
      'waits until 2026-03-01 05:00:00 UTC, when vip changes on all hosts at once; now pi-2 is not ready for it',
    );
    expect(host.staged).toEqual(['ready']);
  });

  it('begins at the moment, to the millisecond, and speaks of the old address until then', async () => {
    const host = new OneHost();
    const moment = momentOf(await host.ask());
    expect(host.wallMs).toBeLessThan(WALL + 30_000);
    expect(new Set(host.known)).toEqual(new Set(['10.1.233.1']));
    await moment.come();
    expect(host.wallMs).toBe(WALL + 30_000);
    expect(host.known.at(-1)).toBe('10.1.233.2');
  });

  it('demands of the new address what the old one did', async () => {
    const host = new OneHost();
    const asked: unknown[] = [];
    const look = host.health.look.bind(host.health);
    host.health.look = async (...[plan]: readonly Plan[]) => {
      asked.push((plan!.of.cluster as unknown as Cluster).vip);
      return look();
    };
    const answer = await host.ask();
    expect(asked).toEqual(['10.1.233.1']);
    const health = answer !== null && 'health' in answer ? answer.health : null;
    expect(health?.gate.baseline.passed).toEqual(['https[10.1.233.2:6443]/answers']);
    expect(health?.facts.cluster.vip).toBe('10.1.233.2');
    expect(health?.back?.gate.baseline.passed).toEqual(['https[10.1.233.1:6443]/answers']);
  });

  it('is called off when somebody steps back in the last seconds', async () => {
    const host = new OneHost();
    const moment = momentOf(await host.ask());
    host.says = (name, nowMs) => (name === 'pi-3' ? peer(name, { nowMs }) : ready(name, { nowMs }));
    const end = await moment.come().catch((cause: unknown) => cause);
    expect(end).toBeInstanceOf(CalledOff);
    expect((end as CalledOff).held.why).toContain('pi-3 is not ready for it, so no host moves');
    expect(host.staged.at(-1)).toBe('not ready');
  });

  describe('when the wall clock is set back by an hour in the last seconds', () => {
    const setBackAt = async (leftMs: number): Promise<{ host: OneHost; end: unknown; tookMs: number }> => {
      const host = new OneHost();
      // The others' clocks are as they were.
      let set = 0;
      host.says = (name, nowMs) => ready(name, { nowMs: nowMs + set });
      const moment = momentOf(await host.ask());
      const fromMs = host.monotonicMs;
      host.whileSleeping = () => {
        if (set > 0 || WALL + 30_000 - host.wallMs > leftMs) return;
        set = 60 * MIN;
        host.wallMs -= set;
      };
      const end = await moment.come().catch((cause: unknown) => cause);
      expect(set).toBeGreaterThan(0);
      return { host, end, tookMs: host.monotonicMs - fromMs };
    };
    it('and the others can still be asked, it is called off in time, and says whose clock it is', async () => {
      const { host, end, tookMs } = await setBackAt(8_000);
      expect((end as CalledOff).held.why).toContain('pi-2 has a clock that differs by about 3600 s');
      expect(host.staged.at(-1)).toBe('not ready');
      expect(tookMs).toBeLessThan(LAST_LOOK_MS);
    });
    it('after the last question, it moves when the others do', async () => {
      const { end, tookMs } = await setBackAt(2_000);
      expect(end).toBeUndefined();
      expect(tookMs).toBeLessThanOrEqual(LAST_LOOK_MS);
    });
  });

  it('is called off in time for the others to hear it when it takes too long to see how this host is', async () => {
    const host = new OneHost();
    let toldMs = 0;
    host.health.look = async () => {
      while (host.staged.at(-1) !== 'not ready') await new Promise((resolve) => setImmediate(resolve));
      toldMs = host.wallMs;
      return new FakeHealth().look();
    };
    expect(heldOf(await host.ask()).why).toContain('it took too long to see how this host is');
    expect(WALL + 30_000 - toldMs).toBeGreaterThanOrEqual(CONFIRM_MS + STALE_MS);
  });

  it('is called off when the virtual IP is unwell, which this host says by not being ready', async () => {
    const host = new OneHost();
    host.health.before = { passed: [], failed: [{ id: 'https[10.1.233.1:6443]/answers', seen: 'refused' }] };
    expect(heldOf(await host.ask())).toMatchObject({ by: 'unwell VIP' });
    expect(host.staged.at(-1)).toBe('not ready');
  });

  it.each([
    ['late', -3_000 - 2_500],
    ['early', 3_000],
  ])('moves nobody when the clock of one is %s', async (_, skewMs) => {
    const host = new OneHost();
    host.says = (name, nowMs) => ready(name, { nowMs: name === 'pi-2' ? nowMs + skewMs : nowMs });
    const held = heldOf(await host.ask());
    expect(held.why).toContain('pi-2 has a clock that differs by about 3 s');
    expect(host.staged).toEqual(['not ready']);
  });

  it('of two clocks that differ by 3 s at least one host sees it, whatever the age of the answers', async () => {
    for (const staleMs of [0, 1_000, 2_000, 2_400]) {
      const refusals = [3_000, -3_000].map(async (skewMs) => {
        const host = new OneHost();
        host.says = (name, nowMs) => ready(name, { nowMs: nowMs - staleMs + (name === 'pi-2' ? skewMs : 0) });
        const answer = await host.ask();
        return answer !== null && 'held' in answer;
      });
      expect(await Promise.all(refusals)).toContain(true);
    }
  });

  it('is joined at once where the others have it, and keepalived may start again', async () => {
    const host = new OneHost(WALL - 60 * MIN);
    await host.runtime.replace(DISSENTS, 'pi-2 and pi-3 have another');
    host.says = (name, nowMs) => peer(name, { nowMs, commit: NEW });
    expect(await host.ask()).toMatchObject({ moment: null });
    expect(host.runtime.files.has(DISSENTS)).toBe(false);
    // Else the daemon's own looks would stop it again.
    expect(host.staged).toEqual(['ready']);
  });
});

describe('a host whose keepalived is kept stopped, and the commit that brings all others to what it has', () => {
  const own = async (): Promise<OneHost> => {
    const host = new OneHost(WALL + 30_000, '10.1.233.1');
    await host.runtime.replace(DISSENTS, 'pi-2 and pi-3 have another');
    await openAgreement(host.state).differs(OLD, 'c'.repeat(40));
    return host;
  };
  it('stands ready with them, and its keepalived may start at their moment, not before', async () => {
    const host = await own();
    const moment = momentOf(await host.ask());
    expect(host.staged).toContain('ready');
    expect(host.runtime.files.has(DISSENTS)).toBe(true);
    await moment.come();
    expect(host.wallMs).toBe(WALL + 30_000);
    expect(host.runtime.files.has(DISSENTS)).toBe(false);
    // What it has now is no other side than what it had.
    expect(await openAgreement(host.state).differing(OLD)).toEqual(['c'.repeat(40)]);
  });
  it('is an ordinary commit where no keepalived is kept stopped', async () => {
    expect(await new OneHost(WALL + 30_000, '10.1.233.1').ask()).toBeNull();
  });
});
