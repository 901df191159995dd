import { beforeEach, describe, expect, test } from 'vitest';
import { openJournal } from '../../../agent/transaction/journal.ts';
import { readLedger } from '../../../agent/transaction/ledger.ts';
import { absent, file, sysctl } from '../../support/desired.ts';
import { FakeCycle } from '../../support/fake-cycle.ts';
import { FakeHost } from '../../support/fake-host.ts';

/** A change that can be neither kept nor taken back, and the newer commit that replaces it. */

let host: FakeHost;
let cycle: FakeCycle;
let isReadOnly = false;
beforeEach(async () => {
  isReadOnly = false;
  host = new FakeHost().put('/etc/a', 'as found').put('/etc/b', 'as found');
  host.makeFolders('/etc/sysctl.d');
  host.kernel.set('net/ipv4/ip_forward', '0');
  cycle = new FakeCycle(host);
  cycle.health.unwell();
  host.power.fault = (what) => {
    isReadOnly ||= what === '/var/lib/holdfast: remove reserve';
    if (isReadOnly && what === 'write /etc/a') throw new Error('read-only file system');
  };
  const { status } = await cycle
    .commit(1, [file(host, '/etc/a', 'bad'), sysctl('net.ipv4.ip_forward', '1')])
    .run();
  expect(status.outcome).toBe('stuck');
  cycle.health.well();
});
/** In the same cycle, before the way back is due again. */
const soon = async (): Promise<string> => {
  cycle.nowMs -= 30_000;
  return (await cycle.run()).status.outcome;
};
const mended = (): void => {
  host.power.fault = () => {};
};
const phase = async (): Promise<string> => (await openJournal(host.state)).phase.phase;

test('one that says what everything that is stuck shall be goes through', async () => {
  mended();
  cycle.commit(2, [file(host, '/etc/a', 'good'), sysctl('net.ipv4.ip_forward', '1')]);
  expect([await soon(), host.text('/etc/a'), await phase()]).toEqual(['changed', 'good', 'idle']);
  expect((await readLedger(host.state)).history).toMatchObject([
    {
      end: 'rolled back',
      note: expect.stringMatching(
        /^It did not get back to what was before .*commit 2{12}.* replaces it\.$/,
      ) as string,
    },
    { end: 'committed', generation: 1 },
  ]);
});

test('one that takes the same away goes through as well', async () => {
  mended();
  cycle.commit(2, [absent('/etc/a'), sysctl('net.ipv4.ip_forward', '0')]);
  expect([await soon(), host.text('/etc/a')]).toEqual(['changed', null]);
});

test('one that does not speak of all of it does not: the way back is still needed', async () => {
  mended();
  cycle.commit(2, [file(host, '/etc/b', 'x'), sysctl('net.ipv4.ip_forward', '1')]);
  expect([await soon(), host.text('/etc/b'), await phase()]).toEqual(['stuck', 'as found', 'stuck']);
  await cycle.run();
  expect([host.text('/etc/a'), host.text('/etc/b'), await phase()]).toEqual(['as found', 'x', 'idle']);
});

test('the same commit does not, however often it is looked at', async () => {
  mended();
  expect([await soon(), await phase(), host.text('/etc/a')]).toEqual(['stuck', 'stuck', 'bad']);
});

test('what this host was like before the change that failed is what comes back when it leaves', async () => {
  mended();
  cycle.commit(2, [file(host, '/etc/a', 'good'), sysctl('net.ipv4.ip_forward', '1')]);
  await soon();
  await cycle.commit(3, [], true).run();
  expect([host.text('/etc/a'), host.kernel.get('net/ipv4/ip_forward')]).toEqual(['as found', '0']);
});

describe('one that brings the same again', () => {
  test('replaces nothing, although what is there already would count as in desired state', async () => {
    mended();
    const same = [file(host, '/etc/a', 'bad'), sysctl('net.ipv4.ip_forward', '1')];
    cycle.commit(2, [...same, file(host, '/etc/b', 'x')]);
    expect([await soon(), await phase(), host.text('/etc/b')]).toEqual(['stuck', 'stuck', 'as found']);
    await cycle.run();
    expect([host.text('/etc/a'), host.kernel.get('net/ipv4/ip_forward')]).toEqual(['as found', '0']);
  });
});

test('a directory that was mended replaces what it said before', async () => {
  mended();
  for (let n = 0; n < 3; n += 1) await cycle.run();
  await cycle.directory('/srv/state', [file(host, '/etc/b', 'x')]).run();
  cycle.health.unwell();
  let isBack = false;
  host.power.fault = (what) => {
    isBack ||= what === '/var/lib/holdfast: remove reserve';
    if (isBack && what === 'write /etc/b') throw new Error('read-only file system');
  };
  expect((await cycle.directory('/srv/state', [file(host, '/etc/b', 'worse')]).run()).status.outcome).toBe(
    'stuck',
  );
  mended();
  cycle.health.well();
  cycle.directory('/srv/state', [file(host, '/etc/b', 'good')]);
  expect([await soon(), host.text('/etc/b')]).toEqual(['changed', 'good']);
});
