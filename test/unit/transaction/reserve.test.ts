import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { giveReserve, takeReserve } from '../../../agent/transaction/reserve.ts';
import { file } from '../../support/desired.ts';
import { FakeCycle } from '../../support/fake-cycle.ts';
import { FakeHost } from '../../support/fake-host.ts';
import { FakeStateDirectory } from '../../support/fake-state-directory.ts';

/** Room for the way back, kept while there is room. */

const MIB = 1024 * 1024;

describe('the reserve', () => {
  let state: FakeStateDirectory;
  beforeEach(() => {
    state = new FakeStateDirectory();
  });

  test.each([
    ['a MiB for a small change', 10, MIB],
    ['twice what would go back', 3 * MIB, 6 * MIB],
  ])('is %s', async (_what, goingBack, size) => {
    await takeReserve(state, goingBack);
    expect(await state.size('reserve')).toBe(size);
  });

  test('is of bytes that no file system makes smaller', async () => {
    await takeReserve(state, 10);
    expect(gzipSync(state.files.get('reserve')!).length).toBeGreaterThan(MIB * 0.9);
  });

  test('that is large enough is not written again, so that a card is not worn out', async () => {
    await takeReserve(state, MIB);
    state.replace = () => Promise.reject(new Error('written again'));
    await takeReserve(state, 10);
    await expect(takeReserve(state, 2 * MIB)).rejects.toThrow('written again');
  });

  test('is given free, also when there is none', async () => {
    await takeReserve(state, 10);
    await giveReserve(state);
    await giveReserve(state);
    expect(state.files.size).toBe(0);
  });
});

describe('a card that is full', () => {
  test('before a change: nothing of the host is touched', async () => {
    const host = new FakeHost();
    const cycle = new FakeCycle(host).commit(1, [file(host, '/etc/a', 'x')]);
    host.power.fault = (what) => {
      if (what.includes('replace reserve')) throw new Error('no space left on device');
    };
    await expect(cycle.run()).rejects.toThrow('no space left on device');
    expect([host.log, host.state.files.has('journal')]).toEqual([[], false]);
  });

  test('after it: the reserve is given free before the way back is written down', async () => {
    const host = new FakeHost().put('/etc/a', 'old');
    const cycle = new FakeCycle(host).commit(1, [file(host, '/etc/a', 'x')]);
    let full = false;
    host.afterEffect = () => (full = true);
    cycle.health.unwell();
    host.power.fault = (what) => {
      const isFull = full && host.state.files.has('reserve');
      if (isFull && /append journal/.test(what) && host.state.text('journal').includes('"t":"live"'))
        throw new Error('no space left on device');
    };
    const { status } = await cycle.run();
    expect([status.outcome, host.text('/etc/a')]).toEqual(['rolled back', 'old']);
  });
});
