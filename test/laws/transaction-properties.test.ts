import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openJournal } from '../../agent/transaction/journal.ts';
import { readLedger } from '../../agent/transaction/ledger.ts';
import { file, reload } from '../support/desired.ts';
import { FakeCycle } from '../support/fake-cycle.ts';
import { FakeHost } from '../support/fake-host.ts';
import type { Example } from './examples.ts';
import { wholeHost } from './whole-host.ts';

/**
 * Any desired state over all kinds together, and anything that it does may fail: a command, a write to the host, a write
 * to the card. What fails is a failure that the agent sees and lives through; where it dies is the crash matrix.
 */
const SOAK = process.env['HOLDFAST_SOAK'] === '1';
const RUNS = SOAK ? 400 : 12;
const TIMEOUT_MS = SOAK ? 3_600_000 : 120_000;

/** Before it is done, or when it was done all the same. */
type Fails = 'undone' | 'done';
const fails = fc.constantFrom<Fails>('undone', 'done');

class World {
  readonly host = new FakeHost();
  readonly cycle = new FakeCycle(this.host);
  readonly #of: Example;
  before = '';

  constructor(of: Example) {
    this.#of = of;
  }
  static async of(example: Example): Promise<World> {
    const world = new World(example);
    const { host, cycle } = world;
    host.state.files.set('reserve', RESERVE);
    await example.prepare(host);
    world.before = host.snapshot();
    cycle.commit(1, world.wanted());
    host.power.killAt(Number.POSITIVE_INFINITY);
    return world;
  }
  wanted() {
    return this.#of.wanted(this.host);
  }
  /** How many effects one cycle has, and what they are. */
  async run(): Promise<boolean> {
    return this.cycle.run().then(
      () => true,
      () => false,
    );
  }
  /** The n-th effect from now on fails, and, behind `back`, the m-th of the way back. */
  fail(how: Fails, n: number, m = Number.POSITIVE_INFINITY): void {
    let at = 0;
    let back = 0;
    const isHit = (): boolean => {
      const hit = at === n || (this.isGoingBack && back === m);
      at += 1;
      if (this.isGoingBack) back += 1;
      return hit;
    };
    this.host.power.fault = (what, act) => {
      if (!isHit()) return;
      if (how === 'done') act();
      throw new Error(`refused by the test: ${what}`);
    };
  }
  mend(): void {
    this.host.power.fault = () => {};
  }
  get isGoingBack(): boolean {
    const { state } = this.host;
    return state.files.has('journal') && state.text('journal').includes('"t":"back"');
  }
  get effects(): number {
    return this.host.power.boundaries.filter((where) => where.startsWith('before')).length;
  }

  /** Exactly before or, if it was committed, exactly what was planned; or it is open, and known to be. */
  async expectHonest(after: string, hasEnded: boolean): Promise<void> {
    const { phase } = (await openJournal(this.host.state)).phase;
    if (phase === 'stuck' && hasEnded) expect(this.cycle.said.join('\n')).toMatch(/could not be taken back|stuck/i);
    if (phase !== 'idle') return;
    const { generation } = await readLedger(this.host.state);
    expect(this.host.snapshot()).toBe(generation === 0 ? this.before : after);
  }
}
const RESERVE = new Uint8Array(1024 * 1024);

/** The same with nothing in between. */
async function undisturbed(of: Example): Promise<{ readonly after: string; readonly effects: number }> {
  const world = await World.of(of);
  await world.run();
  const { effects } = world;
  return { after: world.host.snapshot(), effects };
}

const law = (name: string, holds: (of: Example, how: Fails) => Promise<void>): void => {
  test(name, () => fc.assert(fc.asyncProperty(wholeHost, fails, holds), { numRuns: RUNS }), TIMEOUT_MS);
};

describe('whatever fails', () => {
  law('the host is as before or as planned, or it is said that it is not', async (of, how) => {
    const { after, effects } = await undisturbed(of);
    for (let n = 0; n < effects; n += 1) {
      const world = await World.of(of);
      world.fail(how, n);
      const hasEnded = await world.run();
      await world.expectHonest(after, hasEnded);
      world.mend();
      for (let more = 0; more < 3; more += 1) await world.cycle.run();
      await world.expectHonest(after, true);
      expect((await openJournal(world.host.state)).phase.phase).toBe('idle');
    }
  });
});
