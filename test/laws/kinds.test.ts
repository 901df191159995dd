import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Plan } from '../../agent/plan/change.ts';
import { plan, type Known } from '../../agent/plan/plan.ts';
import { KINDS } from '../../agent/resources/index.ts';
import { kindOf, parts, type Resource } from '../../agent/resources/kind.ts';
import { apply } from '../../agent/transaction/apply.ts';
import { runSteps, StepFailed } from '../../agent/transaction/run-steps.ts';
import { candidate, knownAfter, UNKNOWN } from '../support/desired.ts';
import { FakeHost } from '../support/fake-host.ts';
import { wayBack } from '../support/go-back.ts';
import { EXAMPLES, type Example } from './examples.ts';
import { wholeHost } from './whole-host.ts';

/** What must hold of every kind in the registry, whatever is there and whatever is wanted. */

async function hostOf({ prepare }: Example): Promise<FakeHost> {
  const host = new FakeHost();
  await prepare(host);
  host.log.length = 0;
  return host;
}
const planned = (host: FakeHost, resources: readonly Resource[], known: Known = UNKNOWN): Promise<Plan> =>
  plan(candidate(host, 1, resources), known, KINDS, host.host());
const carryOut = (host: FakeHost, made: Plan): Promise<void> =>
  apply(made, KINDS, host.host(), async () => {});

/** Packages come first and are a plan of their own. `apply` throws unless what it observes is what was planned. */
async function converged(host: FakeHost, resources: readonly Resource[], known = UNKNOWN): Promise<Known> {
  const made = await planned(host, resources, known);
  await carryOut(host, made);
  const after = knownAfter(made.of, new Map([...known.inventory, ...made.adopts]));
  return made.packagesFirst ? converged(host, resources, after) : after;
}

test('every kind in the registry is under these laws', () => {
  expect(Object.keys(EXAMPLES).toSorted()).toEqual([...KINDS.keys()].toSorted());
});

const stays = (kindName: string): boolean => KINDS.get(kindName)!.leaving === 'stay';

const SUBJECTS = { ...EXAMPLES, 'a whole host': wholeHost };

describe.each(Object.entries(SUBJECTS))('%s', (_name, example) => {
  const law = (name: string, holds: (example: Example) => Promise<void>): void => {
    test(name, () => fc.assert(fc.asyncProperty(example, holds), { numRuns: 60 }));
  };

  law('what is observed afterwards is what was planned, and the second plan is empty', async (of) => {
    const host = await hostOf(of);
    const resources = of.wanted(host);
    const known = await converged(host, resources);
    host.log.length = 0;
    const second = await planned(host, resources, known);
    expect([second.changes, second.steps, second.adopts.size]).toEqual([[], [], 0]);
    await carryOut(host, second);
    expect(host.log).toEqual([]);
  });

  law('what was started or refreshed runs what is on disk', async (of) => {
    const host = await hostOf(of);
    await converged(host, of.wanted(host));
    expect(host.systemd.outdated()).toEqual([]);
  });

  law('planning changes nothing', async (of) => {
    const host = await hostOf(of);
    const before = host.snapshot();
    await planned(host, of.wanted(host));
    expect([host.snapshot(), host.log]).toEqual([before, []]);
  });

  law('enforcing once more changes nothing', async (of) => {
    const host = await hostOf(of);
    const made = await planned(host, of.wanted(host));
    await carryOut(host, made);
    const after = host.snapshot();
    for (const { id, to } of made.changes) await kindOf(id, KINDS).enforce(parts(id)[1], to, host.host());
    expect(host.snapshot()).toBe(after);
  });

  law('leaving the desired state restores what was first seen', async (of) => {
    fc.pre(of.broken !== true);
    const host = await hostOf(of);
    const resources = of.wanted(host);
    const stay = resources.filter(({ id }) => stays(parts(id)[0]));
    // What a package brought stays with the package.
    await converged(host, stay);
    const before = host.snapshot();
    const known = await converged(host, resources);
    await converged(host, stay, known);
    expect(host.snapshot()).toBe(before);
  });

  test.each(['before', 'after'] as const)('cut off %s any effect, the way back restores the host', (when) =>
    fc.assert(
      fc.asyncProperty(example, async (of) => {
        fc.pre(of.broken !== true);
        const effects = (await interrupted(of, when, Number.POSITIVE_INFINITY)).log.length;
        for (let n = 0; n < effects; n += 1) await interrupted(of, when, n);
      }),
      { numRuns: 40 },
    ),
  );
});

/** Breaks off at the n-th effect and goes back from there. */
async function interrupted(of: Example, when: 'before' | 'after', n: number): Promise<FakeHost> {
  const host = await hostOf(of);
  const before = host.snapshot();
  const made = await planned(host, of.wanted(host));
  const cut = (_what: string, at: number): void => {
    if (at === n) throw new Error('cut off');
  };
  if (when === 'before') host.beforeEffect = cut;
  else host.afterEffect = cut;
  let announced = 0;
  const failure = await runSteps(made.steps, KINDS, host.host(), async () => void (announced += 1)).catch(
    (cause: unknown) => cause,
  );
  host.beforeEffect = host.afterEffect = () => {};
  if (failure === undefined) return host;
  expect(failure).toBeInstanceOf(StepFailed);
  const back = await wayBack(made, made.steps.slice(0, announced), KINDS, host.host());
  await runSteps(back, KINDS, host.host(), async () => {});
  expect(host.snapshot(), `broken off ${when} ${host.log[n]}`).toBe(before);
  return host;
}
