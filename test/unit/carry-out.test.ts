import { beforeEach, expect, test } from 'vitest';
import { readLedger } from '../../agent/transaction/ledger.ts';
import { file } from '../support/desired.ts';
import { FakeCycle } from '../support/fake-cycle.ts';
import { FakeHost } from '../support/fake-host.ts';

/** Drift of several files, of which some cannot be put right. */

const NAMES = ['a', 'b', 'c'] as const;
let host: FakeHost;
let cycle: FakeCycle;
beforeEach(async () => {
  host = new FakeHost();
  cycle = new FakeCycle(host);
  await cycle
    .commit(
      1,
      NAMES.map((name) => file(host, `/etc/${name}`, name)),
    )
    .run();
  host.beforeEffect = (what) => {
    if (what === 'write /etc/a' || what === 'write /etc/b') throw new Error('read-only file system');
  };
});
const edited = (...names: readonly string[]): void => {
  for (const name of names) host.put(`/etc/${name}`, 'edited');
};
const changes = async () =>
  (await readLedger(host.state)).history
    .slice(1)
    .map(({ end, changes: all }) => [end, ...all.map(({ id }) => id)]);

test('each that fails is left alone for the rest of the cycle, and what is left is put right', async () => {
  edited(...NAMES);
  const { status } = await cycle.run();
  expect(host.text('/etc/c')).toBe('c');
  expect(await changes()).toEqual([
    ['rolled back', 'file[/etc/a]', 'file[/etc/b]', 'file[/etc/c]'],
    ['rolled back', 'file[/etc/b]', 'file[/etc/c]'],
    ['committed', 'file[/etc/c]'],
  ]);
  expect(status.cannot.map(({ id }) => id)).toEqual(['file[/etc/a]', 'file[/etc/b]']);
});

test('what was only taken back along with them is not taken for fought over', async () => {
  edited(...NAMES);
  await cycle.run();
  edited('c');
  await cycle.run();
  expect(host.text('/etc/c')).toBe('c');
});

test('what fails again and again is left alone for longer', async () => {
  edited(...NAMES);
  for (let n = 0; n < 3; n += 1) await cycle.run();
  const before = (await changes()).length;
  const { status } = await cycle.run();
  expect((await changes()).length).toBe(before);
  expect(status.cannot[0]?.why).toContain('3 times within an hour');
});
