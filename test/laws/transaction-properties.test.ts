import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openJournal } from '../../agent/transaction/journal.ts';
import { readLedger } from '../../agent/transaction/ledger.ts';
import { file, reload } from '../support/desired.ts';
import { FakeCycle } from '../support/fake-cycle.ts';
import { unwell, WELL } from '../support/fake-health.ts';
import { FakeHost } from '../support/fake-host.ts';
import type { Example } from './examples.ts';
import { wholeHost } from './whole-host.ts';

/**
 * Any desired state over all kinds together, and anything that it does may fail: a command, a write to the host, a
 * write to the card. What fails is seen and lived through; where the agent dies is in the crash matrix.
 */
const SOAK = process.env['HOLDFAST_SOAK'] === '1';
const RUNS = SOAK ? 100 : 8;
const TIMEOUT_MS = SOAK ? 3_600_000 : 120_000;
const NEVER = Number.POSITIVE_INFINITY;
const RESERVE = new Uint8Array(1024 * 1024);

/** Nothing of it was done, or it was done and failed all the same. */
type Fails = 'undone' | 'done';

class World {
  readonly host = new FakeHost();
  readonly cycle = new FakeCycle(this.host);
  /** How this host was at first, and whenever a transaction had ended. */
  readonly places: string[] = [];

  /** `isBad`: whatever it changes, the virtual IP does not answer with it. */
  static async of(example: Example, isBad: boolean): Promise<World> {
    const world = new World();
    const { host, cycle } = world;
    host.state.files.set('reserve', RESERVE);
    await example.prepare(host);
    cycle.commit(1, example.wanted(host));
    const before = host.snapshot();
    world.places.push(before);
    if (isBad) cycle.health.judged = () => (host.snapshot() === before ? WELL : unwell());
    world.mend();
    return world;
  }

  /** The n-th effect from now on fails, and the m-th after the way back has begun. */
  fail(how: Fails, n: number, m: number): void {
    let [all, back] = [0, 0];
    this.host.power.fault = (_what, act) => {
      const isGoingBack = this.#isGoingBack;
      const isHit = all === n || (isGoingBack && back === m);
      all += 1;
      if (isGoingBack) back += 1;
      if (!isHit) return;
      if (how === 'done') act();
      throw new Error('refused by the test');
    };
  }
  mend(): void {
    this.host.power.killAt(NEVER);
    this.host.power.fault = (what) => {
      if (what === '/var/lib/holdfast: remove journal') this.places.push(this.host.snapshot());
    };
  }
  get effects(): number {
    return this.host.power.boundaries.filter((where) => where.startsWith('before')).length;
  }
  get #isGoingBack(): boolean {
    const { state } = this.host;
    return state.files.has('journal') && state.text('journal').includes('"t":"back"');
  }
}

/** The same with nothing in between. */
type Undisturbed = {
  readonly places: readonly string[];
  /** What is in force at the end. */
  readonly generation: number;
  readonly effects: number;
};
async function undisturbed(of: Example, isBad: boolean): Promise<Undisturbed> {
  const world = await World.of(of, isBad);
  await world.cycle.run();
  const { effects, host } = world;
  const { generation } = await readLedger(host.state);
  return { places: [...world.places, host.snapshot()], generation, effects };
}

/** Exactly before or exactly as planned; or it is still open, and said to be. */
async function expectHonest({ host, cycle }: World, free: Undisturbed, hasEnded: boolean): Promise<void> {
  const { phase } = (await openJournal(host.state)).phase;
  if (phase === 'stuck' && hasEnded) expect(cycle.events.map(({ event }) => event)).toContain('change-stuck');
  if (phase !== 'idle') return;
  const { generation } = await readLedger(host.state);
  expect(generation).toBeLessThanOrEqual(free.generation);
  if (generation === 1) expect(host.snapshot()).toBe(free.places.at(-1));
  else expect(free.places).toContain(host.snapshot());
}

const failings = fc.record({
  of: wholeHost,
  how: fc.constantFrom<Fails>('undone', 'done'),
  isBad: fc.boolean(),
});
type Failing = { readonly of: Example; readonly how: Fails; readonly isBad: boolean };

async function failed({ of, how, isBad }: Failing, n: number, m: number, free: Undisturbed): Promise<void> {
  const world = await World.of(of, isBad);
  world.fail(how, n, m);
  const hasEnded = await world.cycle.run().then(
    () => true,
    () => false,
  );
  await expectHonest(world, free, hasEnded);
  world.mend();
  for (let more = 0; more < 4; more += 1) await world.cycle.run();
  expect((await openJournal(world.host.state)).phase.phase).toBe('idle');
  await expectHonest(world, free, true);
  await world.cycle.run();
  expect(world.host.timeline).toEqual([]);
}

describe('whatever fails, the host is as before or as planned, or it is said that it is not', () => {
  const law = (name: string, later: (n: number) => readonly number[]): void => {
    const holds = async (failing: Failing): Promise<void> => {
      const free = await undisturbed(failing.of, failing.isBad);
      for (let n = 0; n < free.effects; n += 1)
        for (const m of later(n))
          await failed(failing, n, m, free).catch((cause: unknown) => {
            const { how, isBad } = failing;
            throw new Error(`${how}, ${isBad ? 'bad' : 'good'}, effect ${n}, then ${m}: ${String(cause)}`, {
              cause,
            });
          });
    };
    test(name, () => fc.assert(fc.asyncProperty(failings, holds), { numRuns: RUNS }), TIMEOUT_MS);
  };
  law('at any effect', () => [NEVER]);
  law('and again at any effect on the way back', (n) =>
    SOAK ? Array.from({ length: 16 }, (_, m) => m) : [(n * 5) % 7],
  );
});

describe('a secret', () => {
  const SECRETS = ['the old password', 'the new password'];
  const PATH = '/etc/keepalived/keepalived.conf';
  const withSecret = wholeHost.map((of): Example => ({
    prepare: async (host) => {
      await of.prepare(host);
      host.put(PATH, SECRETS[0]!, 0o600);
    },
    wanted: (host) => [
      ...of.wanted(host),
      file(host, PATH, SECRETS[1]!, { secret: true, mode: 0o600, notify: [reload('haproxy.service')] }),
    ],
  }));
  const told = ({ host, cycle }: World): string => {
    const files = [...host.state.files, ...cycle.runtime.files].filter(
      ([name]) => !name.startsWith('blobs/'),
    );
    const texts = files.map(([, bytes]) => new TextDecoder().decode(bytes));
    return [...texts, ...cycle.events.map((event) => JSON.stringify(event)), ...host.log].join('\n');
  };

  test('is in no journal, ledger, generation, status, log or command, at no time and whatever fails', () =>
    fc.assert(
      fc.asyncProperty(withSecret, fc.nat(40), fc.boolean(), async (of, n, isBad) => {
        const world = await World.of(of, isBad);
        world.fail('undone', n, 2);
        const fail = world.host.power.fault;
        const leaked: string[] = [];
        world.host.power.fault = (what, act) => {
          if (SECRETS.some((secret) => told(world).includes(secret))) leaked.push(what);
          fail(what, act);
        };
        await world.cycle.run().catch(() => undefined);
        expect(leaked).toEqual([]);
        world.mend();
        for (let more = 0; more < 3; more += 1) {
          await world.cycle.run();
          for (const secret of SECRETS) expect(told(world)).not.toContain(secret);
        }
      }),
      { numRuns: RUNS * 3 },
    ));
});
