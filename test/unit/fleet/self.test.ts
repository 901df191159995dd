import { beforeEach, describe, expect, test } from 'vitest';
import type { Cluster } from '../../../agent/desired/cluster.ts';
import type { Fleet } from '../../../agent/fleet/fleet.ts';
import { onRecord, Self } from '../../../agent/fleet/self.ts';
import { NOTHING_SEEN, type OwnView } from '../../../agent/fleet/view.ts';
import { writeStatus } from '../../../agent/report/status-file.ts';
import type { Status } from '../../../agent/report/status.ts';
import { openJournal } from '../../../agent/transaction/journal.ts';
import { commitOf } from '../../support/desired.ts';
import { CLUSTER, FakeFleet, NODE } from '../../support/fake-fleet.ts';
import { pausedOf, statusOf } from '../../support/status.ts';
import { beginOf } from '../commands/begin-of.ts';

/** What a host says of itself: from its journal, its status, and what it has announced. */

let others: FakeFleet;
let fleet: Fleet;
let self: Self;
let addresses: readonly string[];
let asked: Cluster[];
let isWanted: boolean;
const SEEN: OwnView = {
  vip: { held: true, answers: true, seen: null },
  apiServer: { ready: false, seen: 'HTTP 500' },
};
const SHA = commitOf(2).sha;
const places = () => ({ state: others.state, runtime: others.runtime });
const onDisk = (more: Partial<Status> = {}): Promise<void> => writeStatus(statusOf(more), null, places());

beforeEach(() => {
  others = new FakeFleet();
  fleet = others.open();
  addresses = ['10.1.1.1', '10.1.233.1'];
  asked = [];
  isWanted = false;
  self = new Self({
    release: '1.0.0',
    identity: () => ({ hostname: NODE[1], addresses: new Map([['eth0', addresses]]) }),
    places: places(),
    clock: { now: () => 5_000_000, monotonicMs: () => others.nowMs },
    fleet,
    view: async (cluster) => {
      asked.push(cluster);
      return SEEN;
    },
    wantsVip: async () => isWanted,
  });
});

test('a host that knows of no cluster and has ended no cycle claims nothing', async () => {
  expect(await self.status()).toMatchObject({
    hostname: NODE[1],
    ...NOTHING_SEEN,
    commit: null,
    outcome: 'nothing known',
    phase: 'idle',
    settledMs: null,
    sees: [],
  });
  expect(asked).toEqual([]);
});

test('it says how it sees the virtual IP and its own API server, once it knows which ones those are', async () => {
  self.know(CLUSTER);
  expect(await self.status()).toMatchObject(SEEN);
  expect(asked).toEqual([CLUSTER]);
});

test('it says that it wants the virtual IP back, also in brief: whoever holds it asks every two seconds', async () => {
  self.know(CLUSTER);
  for (const brief of [true, false]) {
    isWanted = false;
    expect((await self.status(brief)).vip).not.toHaveProperty('wanted');
    isWanted = true;
    expect((await self.status(brief)).vip).toMatchObject({ held: true, wanted: true });
  }
});

test('in brief it asks nobody: whether it holds the address it knows by itself, the rest is unknown', async () => {
  self.know(CLUSTER);
  expect(await self.status(true)).toMatchObject({
    vip: { held: true, answers: null, seen: null },
    apiServer: { ready: null },
  });
  addresses = ['10.1.1.1'];
  expect((await self.status(true)).vip.held).toBe(false);
  expect(asked).toEqual([]);
});

test('it says whom it has seen, and with what', async () => {
  fleet.know(CLUSTER, NODE[1]);
  others.peer(3, { phase: 'applying', changing: SHA });
  await fleet.look();
  others.nowMs += 7_000;
  expect((await self.status(true)).sees).toEqual([
    { name: NODE[2], agoMs: 7_000, changing: null, tookBack: null },
    { name: NODE[3], agoMs: 7_000, changing: SHA, tookBack: null },
  ]);
});

describe('what is under way', () => {
  test('a change that is only announced counts as begun, and nothing is settled meanwhile', async () => {
    await onDisk();
    await self.status();
    await others.saying.say({ changing: SHA });
    expect(await self.status()).toMatchObject({ phase: 'applying', changing: SHA, settledMs: null });
    await others.saying.say(null);
    expect(await self.status()).toMatchObject({ phase: 'idle', changing: null });
  });

  test('what the journal says goes before the announcement: it may be at the verdict already', async () => {
    await others.saying.say({ changing: SHA });
    const journal = await openJournal(others.state);
    await journal.append(beginOf({ commit: commitOf(2) }));
    await journal.append({ t: 'step', n: 0 });
    await journal.append({ t: 'verify', deadline: { boot: 'boot 1', monotonicMs: 1 } });
    expect(await self.status()).toMatchObject({ phase: 'verifying', changing: SHA, settledMs: null });
  });

  test('the word is looked at before the record, so that a turn never seems over without its end', async () => {
    await onDisk();
    await others.saying.say({ changing: SHA });
    // Between the two it is put on record how it went, and the word is taken back.
    const read = others.runtime.read.bind(others.runtime);
    let order: string[] = [];
    others.runtime.read = async (name) => {
      order = [...order, name];
      return read(name);
    };
    await self.status();
    expect(order.indexOf('said.json')).toBeLessThan(order.indexOf('status.json'));
  });

  test('for whom it waits is said as long as it waits, and what it stands ready for', async () => {
    const waiting = { for: NODE[3], why: `waits for ${NODE[3]}, which is paused` };
    await others.saying.say({ waiting });
    await others.saying.stage({ commit: SHA, atMs: 9 });
    expect(await self.status()).toMatchObject({
      phase: 'idle',
      waiting,
      staged: { commit: SHA, atMs: 9 },
    });
  });
});

describe('for how long it has been well with its commit', () => {
  const settled = async (): Promise<number | null> => (await self.status(true)).settledMs;

  test('counts from when it was first seen so', async () => {
    await onDisk();
    expect(await settled()).toBe(0);
    others.nowMs += 8_000;
    expect(await settled()).toBe(8_000);
    await onDisk({ outcome: 'changed' });
    others.nowMs += 1_000;
    expect(await settled()).toBe(9_000);
  });

  test('begins anew with another commit', async () => {
    await onDisk();
    await settled();
    others.nowMs += 8_000;
    await onDisk({ commit: commitOf(2) });
    expect(await settled()).toBe(0);
  });

  test.each(['degraded', 'rolled back', 'stuck', 'failed', 'refused', 'held', 'paused'] as const)(
    'begins anew after it was %s',
    async (outcome) => {
      await onDisk();
      await settled();
      others.nowMs += 8_000;
      await onDisk({ outcome });
      expect(await settled()).toBeNull();
      await onDisk();
      expect(await settled()).toBe(0);
    },
  );

  test('a desired state that is no commit is not waited for', async () => {
    await onDisk({ commit: null });
    expect(await settled()).toBeNull();
  });

  test('when it was last well is remembered while it is not', async () => {
    await onDisk({ atMs: 4_000_000 });
    await settled();
    await onDisk({ outcome: 'failed', atMs: 4_500_000 });
    expect((await self.status()).lastSuccessMs).toBe(4_000_000);
  });
});

describe('what is on record', () => {
  test('a journal that is damaged is no change that is under way, and the rest is said', async () => {
    await onDisk({ paused: pausedOf() });
    await others.state.replace('journal', 'deadbeef {"t":"begin"}\n');
    expect(await onRecord(places())).toMatchObject({
      phase: { phase: 'idle' },
      paused: true,
      status: { commit: commitOf(1) },
      ledger: { generation: 0 },
    });
  });

  test('a ledger that cannot be read is not taken for an empty one', async () => {
    await others.state.replace('ledger.json', '{"gener');
    await expect(onRecord(places())).rejects.toThrow(/ledger\.json/);
  });
});
