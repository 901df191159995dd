import { describe, expect, test } from 'vitest';
import { observe } from '../../../agent/plan/observe.ts';
import { targets } from '../../../agent/plan/targets.ts';
import { KINDS } from '../../../agent/resources/index.ts';
import type { Resource } from '../../../agent/resources/kind.ts';
import { absent, daemonReload, file, unit } from '../../support/desired.ts';
import { FakeHost } from '../../support/fake-host.ts';

/** What is held back, and what that holds back in turn. */

async function targetsOn(host: FakeHost, resources: readonly Resource[]) {
  const asked = new Map(resources.map(({ id, scope }) => [id, scope]));
  const found = await targets(resources, await observe(asked, KINDS, host.host()), KINDS, host.host());
  return { goes: [...found.to.keys()], waiting: Object.fromEntries(found.waiting) };
}

describe('a path that others make', () => {
  test('is waited for until it is there', async () => {
    const host = new FakeHost();
    const resources = [file(host, '/etc/a', 'x', { waitFor: ['/etc/kubernetes/pki/ca.crt'] })];
    expect((await targetsOn(host, resources)).goes).toEqual([]);
    host.put('/etc/kubernetes/pki/ca.crt', 'PEM');
    expect((await targetsOn(host, resources)).goes).toEqual(['file[/etc/a]']);
  });

  test('is not waited for when the same plan brings it', async () => {
    const host = new FakeHost();
    const found = await targetsOn(host, [
      file(host, '/etc/a', 'x', { waitFor: ['/etc/b'] }),
      file(host, '/etc/b', 'x'),
    ]);
    expect(found).toEqual({ goes: ['file[/etc/a]', 'file[/etc/b]'], waiting: {} });
  });

  test('is waited for when the file that would bring it waits itself', async () => {
    const host = new FakeHost();
    const found = await targetsOn(host, [
      file(host, '/etc/a', 'x', { waitFor: ['/etc/b'] }),
      file(host, '/etc/b', 'x', { waitFor: ['/etc/c'] }),
    ]);
    expect(found).toEqual({
      goes: [],
      waiting: {
        'file[/etc/a]': 'waits for /etc/b, which does not exist yet',
        'file[/etc/b]': 'waits for /etc/c, which does not exist yet',
      },
    });
  });
});

test('a unit whose file waits is not started from a file that is not there', async () => {
  const host = new FakeHost();
  const found = await targetsOn(host, [
    file(host, '/etc/systemd/system/a.service', 'x', { notify: [daemonReload], waitFor: ['/no'] }),
    unit('a.service', { running: true }),
  ]);
  expect(found).toEqual({
    goes: [],
    waiting: {
      'file[/etc/systemd/system/a.service]': 'waits for /no, which does not exist yet',
      'unit[a.service]': 'systemd knows no such unit (is its package installed?)',
    },
  });
});

test('a chain of requirements waits as a whole, in the order in which it is written', async () => {
  const host = new FakeHost();
  const found = await targetsOn(host, [
    file(host, '/etc/a', 'x', { requires: ['file[/etc/b]'] }),
    file(host, '/etc/b', 'x', { requires: ['file[/etc/c]'] }),
    file(host, '/etc/c', 'x', { waitFor: ['/no'] }),
    file(host, '/etc/d', 'x'),
  ]);
  expect(found.goes).toEqual(['file[/etc/d]']);
  expect(found.waiting).toEqual({
    'file[/etc/a]': 'waits for file[/etc/b]',
    'file[/etc/b]': 'waits for file[/etc/c]',
    'file[/etc/c]': 'waits for /no, which does not exist yet',
  });
});

test('a file waits for the account that a package will make, and one that is to go away does not', async () => {
  const host = new FakeHost();
  const resources = [file(host, '/etc/a', 'x', { group: 'keepalived' }), absent('/etc/b')];
  expect(await targetsOn(host, resources)).toEqual({
    goes: ['file[/etc/b]'],
    waiting: { 'file[/etc/a]': 'waits for the group keepalived, whom this host does not have yet' },
  });
  host.accounts.add('keepalived');
  expect((await targetsOn(host, resources)).waiting).toEqual({});
});

test('a file waits for the program that checks it', async () => {
  const host = new FakeHost();
  const resources = [file(host, '/etc/a', 'x', { validate: [['haproxy', '-c', '-f', '{file}']] })];
  expect((await targetsOn(host, resources)).waiting).toEqual({
    'file[/etc/a]': 'waits for "haproxy", which checks it and is not installed',
  });
  host.put('/usr/sbin/haproxy', 'ELF');
  expect((await targetsOn(host, resources)).waiting).toEqual({});
});
