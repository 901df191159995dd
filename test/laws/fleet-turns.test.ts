import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LONGEST_CHANGE_MS } from '../../agent/fleet/blocking.ts';
import type { FleetNode } from '../../agent/fleet/turn-order.ts';
import { Fleet, FOREVER, type Scenario, type Span } from './fleet-simulation.ts';

const MIN = 60_000;
const ROUGH_MS = 40 * MIN;
const SOAK = process.env['HOLDFAST_SOAK'] === '1';
const SEED = Number(process.env['HOLDFAST_SEED'] ?? '4');

const piNodes = (count: number): readonly FleetNode[] =>
  Array.from({ length: count }, (_, i) => ({ name: `pi-${i + 1}`, priority: 100 - i }));
const workers = (count: number): readonly FleetNode[] =>
  Array.from({ length: count }, (_, i) => ({ name: `worker-${i + 1}`, priority: null }));

const spans = (hosts: number, most: number, forEver: boolean): fc.Arbitrary<readonly Span[]> =>
  fc.array(
    fc
      .tuple(
        fc.nat(hosts - 1),
        fc.integer({ min: 0, max: ROUGH_MS }),
        fc.integer({ min: 5_000, max: 15 * MIN }),
        forEver ? fc.boolean() : fc.constant(false),
      )
      .map(([host, fromMs, forMs, isForEver]) => ({
        host,
        fromMs,
        toMs: isForEver ? FOREVER : fromMs + forMs,
      })),
    { maxLength: most },
  );

const scenarios = (nodes: readonly FleetNode[]): fc.Arbitrary<Scenario> => {
  const n = nodes.length;
  const few = [...nodes.keys()].slice(0, 7);
  return fc.record({
    nodes: fc.constant(nodes),
    seed: fc.integer(),
    staleMs: fc.constantFrom(2_500, 60_000),
    lost: fc.constantFrom(0, 0.05, 0.3),
    omitting: fc.constantFrom(0, 0, 0.2, 0.6),
    commits: fc
      .array(fc.tuple(fc.integer({ min: 0, max: ROUGH_MS }), fc.boolean()), { minLength: 1, maxLength: 3 })
      .map((all) => all.map(([atMs, isBad]) => ({ atMs, isBad })).sort((a, b) => a.atMs - b.atMs)),
    deaths: spans(n, 3, true),
    pauses: spans(n, 2, false),
    withoutGit: spans(n, 2, false),
    cuts: fc.array(
      fc.record({
        fromMs: fc.integer({ min: 0, max: ROUGH_MS }),
        toMs: fc.integer({ min: 0, max: ROUGH_MS + 10 * MIN }),
        side: fc.subarray(few, { minLength: 1, maxLength: 3 }),
        other: fc.subarray(few, { minLength: 1 }),
        bothWays: fc.boolean(),
      }),
      { maxLength: 4 },
    ),
    calmMs: fc.constant(ROUGH_MS + 10 * MIN),
    endMs: fc.constant(ROUGH_MS + 10 * MIN + 180 * MIN),
  });
};

function oneAtATime({ begun }: Fleet): void {
  for (const [i, one] of begun.entries())
    for (const other of begun.slice(i + 1)) {
      if (one.commit !== other.commit || one.host === other.host) continue;
      expect(
        other.fromMs,
        `${other.host} began ${one.commit} before ${one.host} had ended`,
      ).toBeGreaterThanOrEqual(one.toMs);
    }
}

function badOnesOnce(fleet: Fleet): void {
  const bad = fleet.begun.filter(({ commit }) => fleet.isBad(commit));
  expect(bad.length, bad.map(({ host, commit }) => `${host} tried ${commit}`).join(', ')).toBe(
    new Set(bad.map(({ commit }) => commit)).size,
  );
}

/** In the end nobody waits: whoever does not have the newest commit says what has stopped it. */
function nobodyWaits({ hosts, aheadMs, begun }: Fleet, { commits }: Scenario): void {
  for (const ms of aheadMs) expect(ms).toBeGreaterThan(0);
  expect(Math.max(0, ...aheadMs)).toBeLessThanOrEqual(LONGEST_CHANGE_MS + 1);
  const newest = `c${commits.length}`;
  // Dead for ever, and last seen with it.
  const gone =
    begun.some(({ commit, toMs }) => commit === newest && toMs === FOREVER) ||
    hosts.some(
      ({ isUp, sightings }) => isUp && [...sightings.values()].some((s) => s.silent && s.changing === newest),
    );
  const controlPlane = hosts.filter(({ node }) => node.priority !== null);
  const isCut = controlPlane.filter(({ isUp }) => !isUp).length * 2 >= controlPlane.length;
  const mustArrive = commits.at(-1)?.isBad !== true && !gone && !isCut;
  for (const { node, isUp, commit, answer, takenBack } of hosts) {
    if (!isUp) continue;
    expect(answer !== null && 'wait' in answer ? answer : null, node.name).toBe(null);
    const isStopped = (answer !== null && 'stop' in answer) || takenBack.some((one) => one.commit === newest);
    if (commit !== newest) expect(isStopped, `${node.name} has ${commit}`).toBe(true);
    if (mustArrive) expect(commit, `${node.name}: ${JSON.stringify(answer)}`).toBe(newest);
  }
}

function holds(scenario: Scenario): void {
  const fleet = new Fleet(scenario).run();
  oneAtATime(fleet);
  badOnesOnce(fleet);
  nobodyWaits(fleet, scenario);
}

describe('a commit goes through a fleet one host at a time, whatever gets lost, comes late or is left out', () => {
  const law = (name: string, nodes: readonly FleetNode[], runs: number): void =>
    test(name, () =>
      fc.assert(fc.property(scenarios(nodes), holds), { numRuns: SOAK ? runs * 8 : runs, seed: SEED }),
    );
  law('on 3 hosts', piNodes(3), 120);
  law('on 7 hosts', piNodes(7), 30);
  law('on 3 hosts with 4 workers', [...piNodes(3), ...workers(4)], 30);
  test('on 200 hosts, the last of which come to it late', () => {
    const nodes = [...piNodes(5), ...workers(195)];
    const few = scenarios(nodes).map((scenario) => ({
      ...scenario,
      done: 195,
      commits: [{ atMs: MIN, isBad: scenario.commits[0]?.isBad === true }],
      omitting: 0,
      calmMs: 8 * MIN,
      endMs: 10 * MIN,
    }));
    const isSafe = (scenario: Scenario): void => {
      const fleet = new Fleet(scenario).run();
      oneAtATime(fleet);
      badOnesOnce(fleet);
      expect(Math.max(0, ...fleet.aheadMs)).toBeLessThanOrEqual(LONGEST_CHANGE_MS + 1);
    };
    fc.assert(fc.property(few, isSafe), { numRuns: SOAK ? 20 : 1, seed: SEED });
  });
});
