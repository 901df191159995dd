import { describe, expect, test } from 'vitest';
import {
  LedgerDamaged,
  NEW_LEDGER,
  readLedger,
  writeLedger,
  type Ledger,
} from '../../../agent/transaction/ledger.ts';
import { FakeStateDirectory } from '../../support/fake-state-directory.ts';

const LEDGER: Ledger = {
  tx: 7,
  generation: 3,
  accepted: 'a'.repeat(40),
  acceptedByHand: {
    commit: { sha: '2'.repeat(40), author: 'Ada', subject: 'change 2' },
    by: 'bob',
    atMs: 2,
    unsigned: 'it is not signed.',
  },
  everWell: true,
  quarantine: [
    {
      tx: 6,
      atMs: 1_000,
      of: 'commit 1',
      commit: { sha: 'b'.repeat(40), author: 'Ada', subject: 'change 1' },
      why: 'connection refused',
      pairs: [{ id: 'file[/etc/a]', to: 'c0ffee' }],
    },
  ],
  pinned: { restored: 2, head: 'b'.repeat(40), atMs: 2_000 },
  history: [],
  inventory: new Map([
    [
      'file[/etc/a [b]]',
      {
        id: 'file[/etc/a [b]]',
        scope: null,
        secret: true,
        notify: [{ unit: 'haproxy.service', action: 'reload' }],
        requires: ['file[/etc/c]'],
        first: { missing: '/etc/x' },
      },
    ],
  ]),
};
const holding = (text: string): FakeStateDirectory => {
  const state = new FakeStateDirectory();
  state.files.set('ledger.json', new TextEncoder().encode(text));
  return state;
};

test('a new host has an empty one', async () => {
  expect(await readLedger(new FakeStateDirectory())).toEqual(NEW_LEDGER);
});

test('what is written is read back', async () => {
  const state = new FakeStateDirectory();
  await writeLedger(state, LEDGER);
  expect(await readLedger(state)).toEqual(LEDGER);
});

test('one of an earlier release has no transactions yet', async () => {
  const earlier = '{"version":1,"generation":4,"accepted":null,"inventory":[],"due":[]}';
  expect(await readLedger(holding(earlier))).toEqual({ ...NEW_LEDGER, generation: 4 });
});

describe('one that is damaged is said with the place and the way out, and is never read as empty', () => {
  test.each([
    ['', 'SyntaxError'],
    ['{"version":1,"generation":', 'SyntaxError'],
    ['null', 'the whole: '],
    ['{"version":2,"generation":1,"accepted":null,"inventory":[]}', 'version: '],
    ['{"version":1,"generation":-1,"accepted":null,"inventory":[]}', 'generation: '],
    ['{"version":1,"generation":1,"accepted":null,"inventory":[{}]}', 'inventory.0.id: '],
    ['{"version":1,"generation":1,"accepted":null,"inventory":[],"pinned":1}', 'pinned: '],
  ])('%s', async (text, where) => {
    const read = readLedger(holding(text));
    await expect(read).rejects.toBeInstanceOf(LedgerDamaged);
    await expect(read).rejects.toThrow(`/var/lib/holdfast/ledger.json cannot be understood (${where}`);
    await expect(read).rejects.toThrow(
      /put it back from a backup, or move it away to start as on a new host/,
    );
  });
});
