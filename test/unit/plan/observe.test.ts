import { expect, test } from 'vitest';
import { observe } from '../../../agent/plan/observe.ts';
import { KINDS } from '../../../agent/resources/index.ts';
import type { Id } from '../../../agent/resources/kind.ts';
import { FakeHost } from '../../support/fake-host.ts';

const ids = (...of: Id[]) => new Map(of.map((id) => [id, null]));

test('one thing that cannot be looked at hides no other, and is never taken for absent', async () => {
  const host = new FakeHost().put('/etc/a', 'x');
  host.makeFolders('/etc/b');
  const { states, unknown } = await observe(
    ids('file[/etc/a]', 'file[/etc/b]', 'file[/etc/c]'),
    KINDS,
    host.host(),
  );
  expect([...states.keys()]).toEqual(['file[/etc/a]', 'file[/etc/c]']);
  expect(states.get('file[/etc/c]')).toBeNull();
  expect([...unknown]).toEqual([
    ['file[/etc/b]', '/etc/b is a directory, and Holdfast manages only regular files.'],
  ]);
});

test('at rest, what needs a running system is neither absent nor unknown', async () => {
  const host = new FakeHost().unit('a.service', true, true);
  const { states, unknown } = await observe(ids('unit[a.service]', 'file[/etc/a]'), KINDS, host.host(true));
  expect([[...states.keys()], unknown.size]).toEqual([['file[/etc/a]'], 0]);
});

test('an error of one kind leaves the others observed', async () => {
  const host = new FakeHost();
  host.simulated.push(() => ({ exitCode: 1, stdout: '', stderr: 'no bus' }));
  const asked = new Map<Id, string[] | null>([
    ['unit[a.service]', ['running']],
    ['file[/etc/a]', null],
  ]);
  const { states, unknown } = await observe(asked, KINDS, host.host());
  expect([...states.keys()]).toEqual(['file[/etc/a]']);
  expect(unknown.get('unit[a.service]')).toMatch(/no bus$/);
});
