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
  generation: 3,
  accepted: 'a'.repeat(40),
  due: [{ unit: 'haproxy.service', action: 'reload' }, { unit: 'daemon-reload' }],
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

describe('one that is damaged is said with the place and the way out, and is never read as empty', () => {
  test.each([
    ['', 'SyntaxError'],
    ['{"version":1,"generation":', 'SyntaxError'],
    ['null', 'the whole: '],
    ['{"version":2,"generation":1,"accepted":null,"inventory":[],"due":[]}', 'version: '],
    ['{"version":1,"generation":-1,"accepted":null,"inventory":[],"due":[]}', 'generation: '],
    ['{"version":1,"generation":1,"accepted":null,"inventory":[{}],"due":[]}', 'inventory.0.id: '],
    ['{"version":1,"generation":1,"accepted":null,"inventory":[],"due":[],"more":1}', 'the whole: '],
  ])('%s', async (text, where) => {
    const read = readLedger(holding(text));
    await expect(read).rejects.toBeInstanceOf(LedgerDamaged);
    await expect(read).rejects.toThrow(`/var/lib/holdfast/ledger.json cannot be understood (${where}`);
    await expect(read).rejects.toThrow(
      /put it back from a backup, or move it away to start as on a new host/,
    );
  });
});
