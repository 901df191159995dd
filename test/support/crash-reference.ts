import { expect } from 'vitest';
import { readLedger } from '../../agent/transaction/ledger.ts';
import { CrashWorld, type Ending, type Scenario, type Standing } from './crash-world.ts';

/** The same cycle with nothing in between. */
export type Reference = {
  readonly scenario: Scenario;
  readonly ending: Ending;
  /** The step that fails, where one does. */
  readonly failing: string | null;
  /** Where this host may be found: at first, at the end, and, where packages come first, in between. */
  readonly places: readonly Standing[];
  readonly boundaries: readonly string[];
};

export async function reference(scenario: Scenario, ending: Ending): Promise<Reference> {
  const failing = ending === 'fails in a step' ? await lastEffect(scenario) : null;
  const world = await CrashWorld.of(scenario, ending, failing);
  await world.killedAt(Number.POSITIVE_INFINITY);
  const { places, host } = world;
  const ends = ending === 'is well' ? 'committed' : 'rolled back';
  expect((await readLedger(host.state)).history.at(-1)?.end).toBe(ends);
  const boundaries = [...host.power.boundaries];
  expect(boundaries.length).toBeGreaterThan(10);
  await world.runOn();
  return { scenario, ending, failing, places: [...places, world.standing()], boundaries };
}

async function lastEffect(scenario: Scenario): Promise<string> {
  const world = await CrashWorld.of(scenario, 'is well');
  await world.killedAt(Number.POSITIVE_INFINITY);
  return world.host.log.at(-1)!;
}
