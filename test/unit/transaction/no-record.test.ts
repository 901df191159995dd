import { beforeEach, describe, expect, test } from 'vitest';
import { openJournal } from '../../../agent/transaction/journal.ts';
import { readLedger } from '../../../agent/transaction/ledger.ts';
import { file } from '../../support/desired.ts';
import { FakeCycle } from '../../support/fake-cycle.ts';
import { FakeHost } from '../../support/fake-host.ts';

/** A disk that becomes full after the steps: nothing new fits while the reserve is there. */

let host: FakeHost;
let cycle: FakeCycle;
let isFull = false;
let fillsAt = '';
beforeEach(() => {
  host = new FakeHost().put('/etc/a', 'old');
  cycle = new FakeCycle(host).commit(1, [file(host, '/etc/a', 'new')]);
  isFull = false;
  const append = host.state.append.bind(host.state);
  const replace = host.state.replace.bind(host.state);
  const fits = async (what: string): Promise<void> => {
    isFull ||= what.includes(fillsAt);
    if (isFull && host.state.files.has('reserve')) throw new Error('no space left on device');
  };
  host.state.append = async (name, bytes, at) => {
    await fits(new TextDecoder().decode(bytes));
    await append(name, bytes, at);
  };
  host.state.replace = async (name, bytes) => {
    await fits(typeof bytes === 'string' ? bytes : '');
    await replace(name, bytes);
  };
});
const last = async () => (await readLedger(host.state)).history.at(-1);
const phase = async () => (await openJournal(host.state)).phase.phase;

describe.each(['"t":"verify"', '"t":"live"', '"t":"end"'])('full when %s is to be recorded', (entry) => {
  beforeEach(() => {
    fillsAt = entry;
  });

  test('the change is taken back, for nobody could ever judge it, and is not held against the commit', async () => {
    await cycle.run();
    expect([host.text('/etc/a'), await phase()]).toEqual(['old', 'idle']);
    expect(await last()).toMatchObject({
      end: 'rolled back',
      failure: 'how far it is could not be recorded: no space left on device',
      quarantined: false,
    });
  });

  test('so it is after the agent was ended in the middle of verifying', async () => {
    fillsAt = 'nothing yet';
    host.power.killWhen((_, where) => where === 'before health: gate');
    await cycle.run().catch(() => undefined);
    expect(host.power.dead).toBe(true);
    await cycle.restart();
    fillsAt = entry;
    // Taken back, and then there is no room to try it again.
    await expect(cycle.run()).rejects.toThrow('no space left on device');
    expect([host.text('/etc/a'), await phase()]).toEqual(['old', 'idle']);
  });
});

test('a change that ended well is in the ledger all the same, so that the next one can begin', async () => {
  fillsAt = '"history":[{';
  await cycle.run();
  expect([host.text('/etc/a'), await phase(), await last()]).toMatchObject([
    'new',
    'idle',
    { end: 'committed' },
  ]);
});

test('a disk that keeps no record at all has the change taken back once, and not in every cycle', async () => {
  fillsAt = '"t":"live"';
  host.state.remove = async () => {
    throw new Error('read-only file system');
  };
  await expect(cycle.run()).rejects.toThrow('that could not be recorded');
  expect(host.text('/etc/a')).toBe('old');
  await expect(cycle.run()).rejects.toThrow('no space left on device');
  expect(host.log).toEqual([]);
});
