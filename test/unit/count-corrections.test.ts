import { beforeEach, expect, test } from 'vitest';
import { countCorrections } from '../../agent/count-corrections.ts';
import { CalledOff } from '../../agent/fleet/called-off.ts';
import type { Change, Plan } from '../../agent/plan/change.ts';
import { contested, readCorrections } from '../../agent/plan/contested.ts';
import type { Changed } from '../../agent/transaction/change.ts';
import { FakeStateDirectory } from '../support/fake-state-directory.ts';
import { heldOf } from '../support/status.ts';

let runtime: FakeStateDirectory;
beforeEach(() => {
  runtime = new FakeStateDirectory('/run/holdfast/agent');
});
const NOON = Date.UTC(2026, 2, 1, 12);
const clock = { now: () => NOON, monotonicMs: () => 0 };
const change = (name: string, why: Change['why'] = 'drift'): Change =>
  ({ id: `file[/etc/${name}]`, to: name, why, notify: [], requires: [] }) as unknown as Change;
const planOf = (...changes: readonly Change[]): Pick<Plan, 'changes' | 'packagesFirst'> => ({
  changes,
  packagesFirst: false,
});
const ended = (end: string, blame: readonly string[] = []): Changed =>
  ({ done: { end }, blame }) as unknown as Changed;
const held = async (...changes: readonly Change[]): Promise<readonly string[]> => [
  ...contested(await readCorrections(runtime), changes, NOON).keys(),
];
/** The agent is killed in the middle: nothing after it happens. */
const killed = async (plan: ReturnType<typeof planOf>): Promise<void> =>
  new Promise((resolve) => {
    void countCorrections(plan, () => (resolve(), new Promise<never>(() => undefined)), { runtime, clock });
  });

test('a correction that ends the agent three times within an hour is left alone', async () => {
  const deadly = change('deadly');
  for (let n = 0; n < 2; n += 1) await killed(planOf(deadly));
  expect(await held(deadly)).toEqual([]);
  await killed(planOf(deadly));
  expect(await held(deadly)).toEqual(['file[/etc/deadly]']);
  const [why] = contested(await readCorrections(runtime), [deadly], NOON).values();
  expect(why).toContain('"holdfast history" says why');
});

test('one that goes well is counted once', async () => {
  const plan = planOf(change('a'));
  for (let n = 0; n < 2; n += 1)
    await countCorrections(plan, async () => ended('committed'), { runtime, clock });
  expect(await readCorrections(runtime)).toMatchObject([{ id: 'file[/etc/a]' }, { id: 'file[/etc/a]' }]);
  expect(await held(change('a'))).toEqual([]);
});

test('of several that were taken back only the one to blame counts', async () => {
  const plan = planOf(change('a'), change('b'));
  await countCorrections(plan, async () => ended('rolled back', ['file[/etc/b]']), { runtime, clock });
  expect(await readCorrections(runtime)).toMatchObject([{ id: 'file[/etc/b]', failed: true }]);
});

test('a commit, and what was called off before anything was touched, count for nothing', async () => {
  await killed(planOf(change('a', 'commit')));
  const calledOff = () => Promise.reject(new CalledOff(heldOf()));
  await expect(countCorrections(planOf(change('a')), calledOff, { runtime, clock })).rejects.toThrow(
    CalledOff,
  );
  expect(await readCorrections(runtime)).toEqual([]);
});
