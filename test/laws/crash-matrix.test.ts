import { describe, expect, test } from 'vitest';
import { readLedger } from '../../agent/transaction/ledger.ts';
import { CrashWorld, type Ending, type Scenario, type Standing } from '../support/crash-world.ts';
import { SCENARIOS } from './crash-scenarios.ts';

/**
 * The agent is killed, or the power goes, at every boundary between two effects of a whole cycle, and again at every
 * boundary of the recovery that follows. Nothing is picked by hand: the boundaries are those of a run that nobody
 * disturbs. Whenever recovery has ended: exactly before or exactly after, the ledger agreeing; and once cycles run on,
 * no trace of what came in between.
 *
 * The short form tries each boundary once, with or without a reboot in turn; HOLDFAST_SOAK=1 tries everything.
 */
const SOAK = process.env['HOLDFAST_SOAK'] === '1';
const NEVER = Number.POSITIVE_INFINITY;
const ENDINGS: readonly Ending[] = ['is well', 'fails its gate', 'fails in a step'];

/** The same cycle with nothing in between. */
type Reference = {
  readonly scenario: Scenario;
  readonly ending: Ending;
  /** The step that fails, where one does. */
  readonly failing: string | null;
  /** Where this host may be found: at first, at the end, and, where packages come first, in between. */
  readonly places: readonly Standing[];
  readonly boundaries: readonly string[];
};

async function reference(scenario: Scenario, ending: Ending): Promise<Reference> {
  const failing = ending === 'fails in a step' ? await lastEffect(scenario) : null;
  const world = await CrashWorld.of(scenario, ending, failing);
  await world.killedAt(NEVER);
  const { places, host } = world;
  const ends = ending === 'is well' ? 'committed' : 'rolled back';
  expect((await readLedger(host.state)).history.at(-1)?.end).toBe(ends);
  const boundaries = [...host.power.boundaries];
  expect(boundaries.length).toBeGreaterThan(10);
  await runOn(world);
  return { scenario, ending, failing, places: [...places, world.standing()], boundaries };
}

async function lastEffect(scenario: Scenario): Promise<string> {
  const world = await CrashWorld.of(scenario, 'is well');
  await world.killedAt(NEVER);
  return world.host.log.at(-1)!;
}

/** Killed at the n-th boundary and up again, but nothing is recovered yet. */
async function killed(n: number, reboot: boolean, of: Reference): Promise<CrashWorld> {
  const world = await CrashWorld.of(of.scenario, of.ending, of.failing);
  expect(await world.killedAt(n)).toBe(true);
  await world.cycle.restart(reboot);
  return world;
}

const withoutQuarantine = ({ quarantined: _, ...standing }: Standing) => standing;

/** The moment after recovery, before anything new is begun. */
async function expectBeforeOrAfter(world: CrashWorld, { places }: Reference): Promise<void> {
  await world.expectNothingOpen();
  expect(places.map(withoutQuarantine)).toContainEqual(withoutQuarantine(world.standing()));
}

/** The first cycle with nothing to do may still forget what a refused commit brought, and write its status. */
async function runOn({ cycle }: CrashWorld): Promise<void> {
  await cycle.run();
  await cycle.run();
}

/** Cycles run on. A change that ended this host twice in a row may be the reason, and is then not tried again. */
async function expectEnd(world: CrashWorld, { places }: Reference, mayGiveUp: boolean): Promise<void> {
  await runOn(world);
  const isGivenUp = mayGiveUp && world.standing().quarantined.length > 0;
  if (isGivenUp) expect(places.map(({ host }) => host)).toContain(world.standing().host);
  else expect(world.standing()).toEqual(places.at(-1));
  await world.expectTidy();
  await world.cycle.run();
  expect(world.host.timeline).toEqual([]);
}

async function once(n: number, reboot: boolean, of: Reference): Promise<void> {
  const world = await killed(n, reboot, of);
  const { wasVerifying } = world;
  await world.recoveredUntil(NEVER);
  await expectBeforeOrAfter(world, of);
  if (of.ending === 'is well') expect(world.standing().quarantined).toEqual([]);
  if (of.ending === 'is well' && wasVerifying)
    expect((await readLedger(world.host.state)).history.at(-1)?.end).toBe('committed');
  await expectEnd(world, of, false);
}

async function twice(
  n: number,
  m: number,
  reboots: readonly [boolean, boolean],
  of: Reference,
): Promise<void> {
  const world = await killed(n, reboots[0], of);
  await world.recoveredUntil(m);
  await world.cycle.restart(reboots[1]);
  await world.recoveredUntil(NEVER);
  await expectBeforeOrAfter(world, of);
  await expectEnd(world, of, reboots[0] && reboots[1]);
}

async function boundariesOfRecovery(n: number, reboot: boolean, of: Reference): Promise<readonly string[]> {
  const world = await killed(n, reboot, of);
  await world.recoveredUntil(NEVER);
  return [...world.host.power.boundaries];
}

/** Says where it was that something is not as it should be. */
const at = (where: string, tried: Promise<void>): Promise<void> =>
  tried.catch((cause: unknown) => {
    throw new Error(`${where}: ${String(cause)}`, { cause });
  });
const how = (reboot: boolean): string => (reboot ? 'power cut' : 'killed');
const BOTH = [false, true] as const;

describe.each(Object.entries(SCENARIOS))('%s', (_name, scenario) => {
  describe.each(ENDINGS)('a change that %s', (ending) => {
    test('interrupted once, at any boundary', async () => {
      const of = await reference(scenario, ending);
      for (const [n, where] of of.boundaries.entries())
        for (const reboot of SOAK ? BOTH : [n % 2 === 0])
          await at(`${how(reboot)} ${where} (${n})`, once(n, reboot, of));
    });

    test('and interrupted again while that is recovered', async () => {
      const of = await reference(scenario, ending);
      for (const [n, where] of of.boundaries.entries())
        for (const reboot of SOAK ? BOTH : [n % 2 === 1]) {
          const again = await boundariesOfRecovery(n, reboot, of);
          const chosen = again.map((_, m) => m).filter((m) => SOAK || m === (n * 7) % again.length);
          for (const m of chosen)
            for (const second of SOAK ? BOTH : [m % 2 === 1])
              await at(
                `${how(reboot)} ${where} (${n}), then ${how(second)} ${again[m]} (${m})`,
                twice(n, m, [reboot, second], of),
              );
        }
    });
  });
});
