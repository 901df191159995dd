import { describe, expect, test } from 'vitest';
import { readLedger } from '../../agent/transaction/ledger.ts';
import { reference, type Reference } from '../support/crash-reference.ts';
import { CrashWorld, HOWS, type How, type Standing } from '../support/crash-world.ts';
import { SCENARIOS } from './crash-scenarios.ts';

/**
 * The agent is killed, or the power goes, at every boundary between two effects of a whole cycle, and again at every
 * boundary of the recovery that follows. Nothing is picked by hand: the boundaries are those of a run that nobody
 * disturbs. Whenever recovery has ended: exactly before or exactly after, the ledger agreeing; and once cycles run on,
 * no trace of what came in between.
 *
 * The short form tries each boundary once, the ways to be ended in turn; HOLDFAST_SOAK=1 tries everything.
 */
const SOAK = process.env['HOLDFAST_SOAK'] === '1';
const TIMEOUT_MS = SOAK ? 3_600_000 : 120_000;
const NEVER = Number.POSITIVE_INFINITY;
const ENDINGS = ['is well', 'fails its gate', 'fails in a step'] as const;

/** Ended at the n-th boundary and up again, but nothing is recovered yet. */
async function ended(n: number, how: How, of: Reference): Promise<CrashWorld> {
  const world = await CrashWorld.of(of.scenario, of.ending, of.failing);
  expect(await world.killedAt(n)).toBe(true);
  await world.upAgain(how);
  return world;
}

const withoutQuarantine = ({ quarantined: _, ...standing }: Standing) => standing;

/** The moment after recovery, before anything new is begun. */
async function expectBeforeOrAfter(world: CrashWorld, { places }: Reference): Promise<void> {
  await world.expectNothingOpen();
  expect(places.map(withoutQuarantine)).toContainEqual(withoutQuarantine(world.standing()));
}

/** Cycles run on. A change that ended this host twice in a row may be the reason, and is then not tried again. */
async function expectEnd(world: CrashWorld, { places }: Reference, mayGiveUp: boolean): Promise<void> {
  await world.runOn();
  const isGivenUp = mayGiveUp && world.standing().quarantined.length > 0;
  if (isGivenUp) expect(places.map(({ host }) => host)).toContain(world.standing().host);
  else expect(world.standing()).toEqual(places.at(-1));
  await world.expectTidy();
}

async function once(n: number, how: How, of: Reference): Promise<void> {
  const world = await ended(n, how, of);
  const { wasVerifying } = world;
  await world.recoveredUntil(NEVER);
  await expectBeforeOrAfter(world, of);
  if (of.ending === 'is well') expect(world.standing().quarantined).toEqual([]);
  if (of.ending === 'is well' && wasVerifying)
    expect((await readLedger(world.host.state)).history.at(-1)?.end).toBe('committed');
  await expectEnd(world, of, false);
}

async function twice(n: number, m: number, [first, then]: readonly [How, How], of: Reference): Promise<void> {
  const world = await ended(n, first, of);
  await world.recoveredUntil(m);
  await world.upAgain(then);
  await world.recoveredUntil(NEVER);
  await expectBeforeOrAfter(world, of);
  await expectEnd(world, of, first !== 'killed' && then !== 'killed');
}

/** The power goes, and what is taken back before the daemons start breaks off: its time is over, or the power goes again. */
async function twiceAtBoot(n: number, m: number, then: How, of: Reference): Promise<boolean> {
  const world = await CrashWorld.of(of.scenario, of.ending, of.failing);
  await world.killedAt(n);
  await world.cycle.restart(true, () => world.recoveredAtBootUntil(m));
  if (!world.host.power.dead) return false;
  await world.upAgain(then);
  await world.recoveredUntil(NEVER);
  await expectBeforeOrAfter(world, of);
  await expectEnd(world, of, then !== 'killed');
  return true;
}

async function boundariesOfRecovery(n: number, how: How, of: Reference): Promise<readonly string[]> {
  const world = await ended(n, how, of);
  await world.recoveredUntil(NEVER);
  return [...world.host.power.boundaries];
}

/** Says where it was that something is not as it should be. */
const at = <T>(where: string, tried: Promise<T>): Promise<T> =>
  tried.catch((cause: unknown) => {
    throw new Error(`${where}: ${String(cause)}`, { cause });
  });
/** All of them, or one in turn. */
const some = <T>(all: readonly T[], turn: number): readonly T[] =>
  SOAK ? all : all.slice(turn % all.length, (turn % all.length) + 1);

describe.each(Object.entries(SCENARIOS))('%s', (_name, scenario) => {
  describe.each(ENDINGS)('a change that %s', (ending) => {
    const law = (name: string, holds: (of: Reference, n: number, where: string) => Promise<void>): void => {
      const everywhere = async (): Promise<void> => {
        const of = await reference(scenario, ending);
        for (const [n, where] of of.boundaries.entries()) await holds(of, n, where);
      };
      test(name, everywhere, TIMEOUT_MS);
    };

    law('interrupted once, at any boundary', async (of, n, where) => {
      for (const how of some(HOWS, n)) await at(`${how} ${where} (${n})`, once(n, how, of));
    });

    law('and again while that is recovered', async (of, n, where) => {
      if (!SOAK && n % 2 === 1) return;
      for (const first of some(HOWS, n + 1)) {
        const again = await boundariesOfRecovery(n, first, of);
        for (const m of some([...again.keys()], n * 7))
          for (const then of some(HOWS, m)) {
            const where2 = `${first} ${where} (${n}), then ${then} ${again[m]} (${m})`;
            await at(where2, twice(n, m, [first, then], of));
          }
      }
    });

    law('and again while it is taken back at boot', async (of, n, where) => {
      if (!SOAK && n % 2 === 0) return;
      for (const m of SOAK ? Array.from({ length: 40 }).keys() : [(n * 3) % 8])
        for (const then of some(HOWS, n)) {
          const where2 = `power cut ${where} (${n}), at boot ended at ${m}, then ${then}`;
          if (!(await at(where2, twiceAtBoot(n, m, then, of)))) return;
        }
    });
  });
});
