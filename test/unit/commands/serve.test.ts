import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { AgentConfig } from '../../../agent/config.ts';
import type { Environment, Machine } from '../../../agent/commands/environment.ts';
import { serve, type Serving } from '../../../agent/commands/serve.ts';
import { whyStopped } from '../../../agent/fleet/keep-stopped.ts';
import type { PeerStatus } from '../../../agent/fleet/peer-status.ts';
import type { Answering } from '../../../agent/host/status-listener.ts';
import { commitOf, file } from '../../support/desired.ts';
import { FakeCycle } from '../../support/fake-cycle.ts';
import { CLUSTER, FakeFleet, HAS_2, KNOWS_2, NODE } from '../../support/fake-fleet.ts';
import { FakeHost } from '../../support/fake-host.ts';
import { waitFor } from '../../support/wait-for.ts';

/** The daemon's side of the fleet, on a host in memory: who sleeps is woken by the test. */

const SHA = commitOf(2).sha;
type Asleep = { readonly ms: number; readonly wake: () => void };

class World {
  readonly host = new FakeHost().put('/etc/a', 'as found');
  readonly cycle = new FakeCycle(this.host);
  readonly others: FakeFleet;
  readonly asleep: Asleep[] = [];
  readonly listening: { readonly at: string; readonly answering: Answering; closed: boolean }[] = [];
  textfile: string | null = null;
  wantsTextfile = false;
  cycles = 0;
  serving: Serving | null = null;
  constructor() {
    this.cycle.cluster = CLUSTER;
    this.others = new FakeFleet(this.cycle, { state: this.host.state, runtime: this.cycle.runtime });
    this.cycle.fleet = this.others.open();
  }
  commit(n: number): FakeCycle {
    return this.cycle.commit(n, [file(this.host, '/etc/a', `commit ${n}`)]);
  }
  async start(): Promise<Serving> {
    const tools = { ...this.cycle.tools(), lastSample: () => ({ dns: { ok: true } }) as const };
    const config = { status: { port: 9463 } } as AgentConfig;
    const { log } = tools;
    const environment = { release: '1.0.0', log, machine: this.#machine() } as Environment;
    this.serving = await serve(tools, config, environment, () => (this.cycles += 1));
    onTestFinished(() => this.serving!.close());
    return this.serving;
  }
  #machine(): Machine {
    const machine: Partial<Machine> = {
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted === true) return resolve();
          const one = { ms, wake: () => resolve() };
          this.asleep.push(one);
          signal?.addEventListener('abort', () => resolve(), { once: true });
        }),
      listenForStatus: async ({ address, port }, answering) => {
        const one = { at: `${address}:${port}`, answering, closed: false };
        this.listening.push(one);
        return { port, close: async () => void (one.closed = true) };
      },
      wantsTextfile: () => this.wantsTextfile,
      writeTextfile: async (text) => {
        this.textfile = text;
        return true;
      },
      clock: { now: () => this.cycle.nowMs, monotonicMs: () => this.cycle.nowMs },
    };
    return machine as Machine;
  }
  /** Whoever sleeps so long, when it does. */
  async sleeper(ms: number): Promise<Asleep> {
    const isIt = (one: Asleep): boolean => one.ms === ms;
    const one = await waitFor(`somebody to sleep ${ms} ms`, () => this.asleep.find(isIt), 5_000, Boolean, 2);
    return one!;
  }
  /** It goes on. */
  async wake(ms: number): Promise<void> {
    const one = await this.sleeper(ms);
    this.asleep.splice(this.asleep.indexOf(one), 1);
    this.cycle.nowMs += ms;
    one.wake();
  }
  /** What a peer hears; `null`: nothing. */
  async ask(path: string, from = '10.1.1.2'): Promise<string | null> {
    await waitFor('somebody to listen', () => this.listening.length > 0, 5_000, Boolean, 2);
    const { answering } = this.listening.at(-1)!;
    if (!answering.mayAsk(from)) return null;
    const answer = await answering.answer({ head: `GET ${path} HTTP/1.1` }, from);
    return answer!.slice(answer!.indexOf('\r\n\r\n') + 4);
  }
  async status(): Promise<PeerStatus> {
    return JSON.parse((await this.ask('/status'))!) as PeerStatus;
  }
}
let world: World;
beforeEach(() => {
  world = new World();
});

describe('the other hosts are answered', () => {
  test('from the start, as the cluster in force knows them, at this host’s own address', async () => {
    await world.commit(1).run();
    await world.start();
    expect(await world.status()).toMatchObject({ hostname: NODE[1], commit: commitOf(1).sha, phase: 'idle' });
    expect(world.listening.map(({ at }) => at)).toEqual(['10.1.1.1:9463']);
    expect(await world.ask('/status', '10.1.0.20')).toBeNull();
  });

  test('on a fresh host as soon as a cycle knows the cluster', async () => {
    const serving = await world.start();
    expect(world.listening).toEqual([]);
    await serving.ended(await world.commit(1).run(), 1_500);
    expect(await world.status()).toMatchObject({ commit: commitOf(1).sha });
  });

  test('also before a first commit that waits for its turn is in force here', async () => {
    await world.start();
    world.others.others(KNOWS_2);
    await world.commit(2).run();
    expect(await world.status()).toMatchObject({ commit: null, waiting: { for: NODE[3] } });
  });

  test('a node that a commit adds is one of them, also where it changes nothing else', async () => {
    await world.commit(1).run();
    const serving = await world.start();
    expect(await world.ask('/status', '10.1.1.4')).toBeNull();
    world.cycle.cluster = { ...CLUSTER, workers: [{ name: 'kubernetes-node-4', address: '10.1.1.4' }] };
    const same = [file(world.host, '/etc/a', 'commit 1')];
    await serving.ended(await world.cycle.commit(2, same).run(), 1);
    expect(await world.ask('/status', '10.1.1.4')).toContain(NODE[1]);
  });

  test('nowhere on a host that the cluster does not name', async () => {
    const nodes = CLUSTER.nodes.slice(1);
    world.cycle.cluster = { ...CLUSTER, nodes };
    await world.commit(1).run();
    await world.start();
    await world.wake(10_000);
    expect(world.listening).toEqual([]);
  });

  test('with metrics of the cycles that have ended', async () => {
    const serving = await world.start();
    await serving.ended(await world.commit(1).run(), 1_500);
    const text = (await world.ask('/metrics'))!;
    expect(text).toContain('\nholdfast_cycle_duration_seconds 1.5\n');
    expect(text).toContain('\nholdfast_changes_total 1\n');
    expect(text).toContain('\nholdfast_health_check_ok{check="dns"} 1\n');
  });
});

test('the looks between the cycles spare the others what they would have to ask for', async () => {
  await world.commit(1).run();
  const before = world.others.asked.length;
  await world.start();
  await world.wake(10_000);
  await world.sleeper(10_000);
  const paths = world.others.asked.slice(before).map(({ path }) => path);
  expect(paths).toEqual(Array.from({ length: 4 }, () => '/status/brief'));
});

test('what an earlier agent announced ended with it', async () => {
  await world.others.saying.say({ changing: SHA });
  await world.start();
  expect((await world.others.saying.said()).word).toBeNull();
});

test('node_exporter gets the same text where it looks for it', async () => {
  const serving = await world.start();
  const cycle = await world.commit(1).run();
  await serving.ended(cycle, 1_500);
  expect(world.textfile).toBeNull();
  world.wantsTextfile = true;
  await serving.ended(cycle, 1_500);
  expect(world.textfile).toContain('\nholdfast_cycle_duration_seconds 1.5\n');
});

describe('a cycle is asked for', () => {
  test('when a turn that was refused has come', async () => {
    await world.commit(1).run();
    world.others.others(KNOWS_2);
    await world.commit(2).run();
    await world.start();
    for (let n = 0; n < 3; n += 1) await world.wake(3_000);
    await world.sleeper(3_000);
    expect(world.cycles).toBe(0);
    world.others.others(HAS_2);
    await world.wake(3_000);
    await waitFor('a cycle to be asked for', () => world.cycles > 0, 5_000, Boolean, 2);
  });

  test('at the time that what is held names, whatever the schedule says', async () => {
    const serving = await world.start();
    const cycle = await world.commit(1).run();
    const held = {
      of: 'x',
      commit: null,
      by: 'lockstep',
      why: 'waits',
      sinceMs: 0,
      againMs: world.cycle.nowMs + 7_000,
    } as const;
    await serving.ended({ ...cycle, status: { ...cycle.status, held } }, 1);
    await world.wake(7_000);
    await waitFor('a cycle to be asked for', () => world.cycles === 1, 5_000, Boolean, 2);
  });
});

test('a host that was cut off while the others went on stops keepalived when it sees them, until a cycle has asked', async () => {
  await world.commit(1).run();
  world.others.others({ failed: 'no route to host' });
  const serving = await world.start();
  await world.sleeper(1_000);
  world.cycle.nowMs += CLUSTER.rollout.unreachableMs;
  await world.wake(1_000);
  await world.sleeper(1_000);
  world.others.others(HAS_2);
  await world.wake(1_000);
  await waitFor('a cycle to be asked for', () => world.cycles > 0, 5_000, Boolean, 2);
  expect(await whyStopped(world.cycle.runtime)).toContain('it asks the repository once');
  // The repository has nothing that differs in what all must agree on.
  await serving.begins();
  expect(await whyStopped(world.cycle.runtime)).toBeNull();
});

test('at the end nobody is answered any more, and nobody looks around', async () => {
  await world.commit(1).run();
  const serving = await world.start();
  await world.status();
  await serving.close();
  expect(world.listening.map(({ closed }) => closed)).toEqual([true]);
  const asked = world.others.asked.length;
  for (const { wake } of world.asleep) wake();
  await serving.close();
  expect(world.others.asked).toHaveLength(asked);
});

test('without others there is nothing to serve', async () => {
  world.cycle.fleet = null;
  const serving = await world.start();
  await serving.ended(await world.commit(1).run(), 1);
  await serving.close();
  expect([world.listening, world.asleep]).toEqual([[], []]);
});
