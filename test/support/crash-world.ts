import { expect } from 'vitest';
import { blobRefsIn, readGeneration } from '../../agent/transaction/generations.ts';
import { openJournal } from '../../agent/transaction/journal.ts';
import { readLedger, type Quarantined } from '../../agent/transaction/ledger.ts';
import { recover } from '../../agent/transaction/recover.ts';
import { goBackAtBoot } from '../../agent/transaction/take-up.ts';
import type { Managed } from '../../agent/plan/change.ts';
import type { Resource } from '../../agent/resources/kind.ts';
import { FakeCycle } from './fake-cycle.ts';
import { unwell, WELL } from './fake-health.ts';
import { FakeHost } from './fake-host.ts';

/** A host with one commit in force, and a second one that changes it. */
export type Scenario = {
  readonly prepare: (host: FakeHost) => void | Promise<void>;
  readonly first: (host: FakeHost) => readonly Resource[];
  /** What somebody did by hand, before the second commit comes. */
  readonly meanwhile?: (host: FakeHost) => void;
  readonly second: (host: FakeHost) => readonly Resource[];
  /** Whether what is on the host now breaks the virtual IP, where the second commit is a bad one. */
  readonly breaks?: (host: FakeHost) => boolean;
};

/** What ended the agent, and how the host comes back. */
export const HOWS = ['killed', 'power cut', 'power cut, recovered at boot'] as const;
export type How = (typeof HOWS)[number];

/** How the change ends if nothing comes in between. */
export type Ending = 'is well' | 'fails its gate' | 'fails in a step';

/** What is on the host, and what the ledger says of it. */
export type Standing = {
  readonly host: string;
  readonly generation: number;
  readonly inventory: string;
  readonly quarantined: readonly string[];
};

const RESERVE = new Uint8Array(1024 * 1024);

export class CrashWorld {
  readonly host = new FakeHost();
  readonly cycle = new FakeCycle(this.host);
  /** Where it stood before, and whenever a transaction had ended. */
  readonly places: Standing[] = [];

  /** The first commit is in force, and a boot now would change nothing. */
  static async of(scenario: Scenario, ending: Ending, failing: string | null = null): Promise<CrashWorld> {
    const world = new CrashWorld();
    const { host, cycle } = world;
    // As after an earlier change: noise of that size is slow to make, and is made in the tests of the reserve.
    host.state.files.set('reserve', RESERVE);
    await scenario.prepare(host);
    for (const [path, value] of host.kernel) host.kernelAtBoot.set(path, value);
    await host.reboot();
    await cycle.commit(1, scenario.first(host)).run();
    await cycle.run();
    scenario.meanwhile?.(host);
    await cycle.restart(true);
    const before = host.snapshot();
    await cycle.restart(true);
    expect(host.snapshot(), 'a boot of the host as it is before changes nothing').toBe(before);
    const breaks = scenario.breaks ?? (() => host.snapshot() !== before);
    if (ending === 'fails its gate') cycle.health.judged = () => (breaks(host) ? unwell() : WELL);
    host.power.fault = (what) => {
      if (what === failing && !world.#isGoingBack()) throw new Error('refused by the test');
      if (what === '/var/lib/holdfast: remove journal') world.places.push(world.standing());
    };
    world.places.push(world.standing());
    cycle.commit(2, scenario.second(host), true);
    return world;
  }

  #isGoingBack(): boolean {
    return this.host.state.files.has('journal') && this.host.state.text('journal').includes('"t":"back"');
  }

  /** One cycle of an agent that is ended at its n-th boundary. Whether it came so far. */
  async killedAt(n: number): Promise<boolean> {
    this.host.power.killAt(n);
    await this.cycle.run().catch(() => undefined);
    return this.host.power.dead;
  }

  /** It is up again: the agent alone, the host, or the host with a first look at the journal before its daemons start. */
  async upAgain(how: How): Promise<void> {
    await this.cycle.restart(how !== 'killed', async () => {
      if (how === 'power cut, recovered at boot') await this.recoveredAtBootUntil(Number.POSITIVE_INFINITY);
    });
  }

  /** What holdfast-recover.service does, ended at its n-th boundary. */
  async recoveredAtBootUntil(n: number): Promise<void> {
    this.host.power.killAt(n);
    const journal = await openJournal(this.host.state);
    await goBackAtBoot(journal, this.cycle.tools()).catch((cause: unknown) => {
      if (!this.host.power.dead) throw cause;
    });
    this.host.blobs.forget();
  }

  /** The next start of the agent takes the transaction up, and is itself ended at the n-th boundary. */
  async recoveredUntil(n: number): Promise<void> {
    this.host.power.killAt(n);
    await recover(this.cycle.tools(), true).catch((cause: unknown) => {
      if (!this.host.power.dead) throw cause;
    });
    this.host.blobs.forget();
  }

  /** Cycles run on until one has nothing to do and nothing to write. */
  async runOn(): Promise<void> {
    for (let n = 0; n < 6; n += 1) {
      await this.cycle.run();
      if (this.host.timeline.length === 0) return;
    }
    throw new Error(`it does not come to rest: ${this.host.timeline.join(', ')}`);
  }

  standing(): Standing {
    const { generation, inventory, quarantine } = JSON.parse(this.host.state.text('ledger.json')) as {
      readonly generation: number;
      readonly inventory: readonly Managed[];
      readonly quarantine: readonly Quarantined[];
    };
    const sorted = inventory.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    return {
      host: this.host.snapshot(),
      generation,
      inventory: JSON.stringify(sorted),
      quarantined: quarantine.map(({ pairs }) => JSON.stringify(pairs)),
    };
  }

  /** What the agent that died had written down last. */
  get wasVerifying(): boolean {
    const text = this.host.state.files.has('journal') ? this.host.state.text('journal') : '';
    const journal = text.slice(0, text.lastIndexOf('\n') + 1);
    return journal.includes('"t":"verify"') && !/"t":"(back|end)"/.test(journal);
  }

  async expectNothingOpen(): Promise<void> {
    expect((await openJournal(this.host.state)).phase.phase).toBe('idle');
  }

  /** Nothing on the card that nobody needs any more. */
  async expectTidy(): Promise<void> {
    const { state } = this.host;
    await this.expectNothingOpen();
    const ledger = await readLedger(state);
    expect(new Set(ledger.history.map(({ tx }) => tx)).size).toBe(ledger.history.length);
    const numbers = (await state.list('generations')).map((name) => Number.parseInt(name, 10));
    expect(Math.max(...numbers)).toBe(ledger.generation);
    const generations = await Promise.all(numbers.map((n) => readGeneration(state, n)));
    const wanted = blobRefsIn([generations, [...ledger.inventory.values()]]).map(({ sha256 }) => sha256);
    expect(await state.list('blobs')).toEqual([...new Set(wanted)].toSorted());
    expect([...state.files.keys()].filter((name) => !name.includes('/')).toSorted()).toEqual(
      expect.arrayContaining(['ledger.json', 'status.json']),
    );
    expect(state.files.has('journal')).toBe(false);
  }
}
