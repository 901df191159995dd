import { describe, expect, test } from 'vitest';
import type { Managed } from '../../../agent/plan/change.ts';
import { NEW_LEDGER, type Ledger } from '../../../agent/transaction/ledger.ts';
import type { Settling } from '../../../agent/transaction/phase.ts';
import { settled } from '../../../agent/transaction/settle.ts';
import { beginOf } from '../commands/begin-of.ts';

/** What the ledger says once a change has ended. */

const managed = (id: Managed['id']): Managed => ({
  id,
  scope: null,
  secret: false,
  notify: [],
  requires: [],
  first: null,
});
const BEFORE: Ledger = {
  ...NEW_LEDGER,
  tx: 1,
  generation: 1,
  inventory: new Map([['file[/etc/a]', managed('file[/etc/a]')]]),
};
const begin = beginOf({
  inventory: [managed('file[/etc/motd]')],
  pinned: { restored: 1, head: null, atMs: 5 },
});
const kept: Settling = {
  phase: 'settling',
  begin,
  announced: 1,
  outcome: 'committed',
  degraded: false,
  vipWell: true,
  note: null,
  why: null,
  quarantine: false,
};
const takenBack: Settling = {
  ...kept,
  outcome: 'rolledBack',
  vipWell: false,
  why: { where: 'gate', seen: 'connection refused' },
  quarantine: true,
};

test('what was kept is in force from then on, with what it manages and what it pins', () => {
  const after = settled(BEFORE, kept, 1_002_000);
  expect(after).toMatchObject({ tx: 2, generation: 2, everWell: true, pinned: begin.pinned, quarantine: [] });
  expect([...after.inventory.keys()]).toEqual(['file[/etc/motd]']);
  expect(after.history).toMatchObject([
    { tx: 2, end: 'committed', generation: 2, tookMs: 2_000, failure: null, quarantined: false },
  ]);
});

test('what was taken back changes nothing that is in force, and is remembered with the reason', () => {
  const after = settled(BEFORE, takenBack, 1_002_000);
  expect(after).toMatchObject({ tx: 2, generation: 1, pinned: null, everWell: false });
  expect(after.inventory).toBe(BEFORE.inventory);
  expect(after.quarantine).toEqual([
    {
      tx: 2,
      atMs: 1_002_000,
      of: begin.of,
      commit: begin.commit,
      why: 'connection refused',
      pairs: begin.quarantine,
    },
  ]);
  expect(after.history).toMatchObject([
    { end: 'rolled back', generation: 1, failure: 'connection refused', quarantined: true },
  ]);
});

test('what was only interrupted may be tried again', () => {
  expect(settled(BEFORE, { ...takenBack, quarantine: false }, 1).quarantine).toEqual([]);
});

test.each([
  ['kept', kept],
  ['taken back', takenBack],
])('a power cut in between: %s twice is %s once', (_how, phase) => {
  const after = settled(BEFORE, phase, 1_002_000);
  expect(settled(after, phase, 1_999_000)).toBe(after);
});

test('kept with something unwell is told as degraded, with what is unwell', () => {
  const after = settled(BEFORE, { ...kept, degraded: true, note: 'It was unwell before.' }, 1);
  expect(after.history).toMatchObject([{ end: 'degraded', note: 'It was unwell before.' }]);
});

describe('the history', () => {
  test('keeps the last thirty', () => {
    let ledger: Ledger = NEW_LEDGER;
    for (let tx = 1; tx <= 35; tx += 1) ledger = settled(ledger, { ...kept, begin: beginOf({ tx }) }, tx);
    expect([ledger.history.length, ledger.history[0]?.tx, ledger.history.at(-1)?.tx]).toEqual([30, 6, 35]);
  });

  test('takes no time that is less than none when the clock was set back', () => {
    expect(settled(BEFORE, kept, 0).history.at(-1)?.tookMs).toBe(0);
  });
});
