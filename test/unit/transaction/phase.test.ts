import { describe, expect, test } from 'vitest';
import {
  fold,
  IDLE,
  JournalDamaged,
  next,
  type Entry,
  type Phase,
} from '../../../agent/transaction/phase.ts';
import { beginOf } from '../commands/begin-of.ts';

/** Where a transaction stands after its entries, and what cannot have happened. */

const SEEN = { where: 'gate', seen: 'connection refused' };
const at = (monotonicMs: number, boot = 'boot 1') => ({ boot, monotonicMs });
const begin = beginOf({ steps: [{ do: 'daemon-reload' }, { do: 'enforce', id: 'file[/etc/a]', to: null }] });
const step = (n: number): Entry => ({ t: 'step', n });
const verify = (boot?: string): Entry => ({ t: 'verify', deadline: at(1, boot) });
const live: Entry = { t: 'live', deadline: at(2) };
const back: Entry = { t: 'back', why: SEEN, quarantine: true };
const stuck = (attempt: number): Entry => ({
  t: 'stuck',
  why: { where: 'back', seen: 'read-only' },
  attempt,
  again: at(3),
});
const end = (outcome: 'committed' | 'rolledBack'): Entry => ({
  t: 'end',
  outcome,
  degraded: false,
  vipWell: true,
  note: null,
});

const WAYS: Readonly<Record<string, readonly Entry[]>> = {
  idle: [],
  'applying, nothing done': [begin],
  'applying, all done': [begin, step(0), step(1)],
  verifying: [begin, step(0), step(1), verify()],
  'verifying, live': [begin, step(0), step(1), verify(), live],
  rollingBack: [begin, step(0), back],
  stuck: [begin, step(0), back, stuck(1)],
  settling: [begin, step(0), back, end('rolledBack')],
};
const ENTRIES: Readonly<Record<string, Entry>> = {
  begin,
  'step 0': step(0),
  'step 1': step(1),
  'step 2': step(2),
  verify: verify(),
  live,
  back,
  stuck: stuck(1),
  'end committed': end('committed'),
  'end rolledBack': end('rolledBack'),
};
/** What may follow what, and where it leads; nothing else may. */
const FOLLOWS: Readonly<Record<string, Readonly<Record<string, Phase['phase']>>>> = {
  idle: { begin: 'applying' },
  'applying, nothing done': { 'step 0': 'applying', back: 'rollingBack' },
  'applying, all done': { verify: 'verifying', back: 'rollingBack' },
  verifying: { verify: 'verifying', live: 'verifying', back: 'rollingBack', 'end committed': 'settling' },
  'verifying, live': {
    verify: 'verifying',
    live: 'verifying',
    back: 'rollingBack',
    'end committed': 'settling',
  },
  rollingBack: { stuck: 'stuck', 'end rolledBack': 'settling' },
  stuck: { stuck: 'stuck', 'end rolledBack': 'settling' },
  settling: {},
};

describe.each(Object.keys(WAYS))('after %s', (where) => {
  test.each(Object.keys(ENTRIES))('%s', (what) => {
    const leadsTo = FOLLOWS[where]![what];
    const follow = (): string => next(fold(WAYS[where]!), ENTRIES[what]!).phase;
    if (leadsTo === undefined) expect(follow).toThrow(JournalDamaged);
    else expect(follow()).toBe(leadsTo);
  });
});

test('nothing written is nothing open', () => expect(fold([])).toEqual(IDLE));

test('interruptions of verifying are counted, and those that were a reboot of the host', () => {
  const verifying = [begin, step(0), step(1), verify()];
  expect(fold(verifying)).toMatchObject({ resumed: 0, reboots: 0, live: false });
  expect(fold([...verifying, verify()])).toMatchObject({ resumed: 1, reboots: 0 });
  expect(fold([...verifying, live, verify('boot 2')])).toMatchObject({
    resumed: 1,
    reboots: 1,
    live: false,
  });
  expect(fold([...verifying, verify('boot 2'), verify('boot 3')])).toMatchObject({ resumed: 2, reboots: 2 });
});

test('what went wrong first is what is told at the end, whatever went wrong on the way back', () => {
  const entries = [begin, step(0), back, stuck(1), stuck(2)];
  expect(fold(entries)).toMatchObject({ why: SEEN, stuck: { seen: 'read-only' }, attempt: 2, announced: 1 });
  expect(fold([...entries, end('rolledBack')])).toMatchObject({ why: SEEN, quarantine: true });
});

test('what was kept is not quarantined', () => {
  const kept = fold([begin, step(0), step(1), verify(), live, end('committed')]);
  expect(kept).toMatchObject({ phase: 'settling', outcome: 'committed', why: null, quarantine: false });
});

test('an entry that only another release knows is damage, and no phase', () => {
  const unknown = { t: 'hold' } as unknown as Entry;
  expect(() => next(fold([begin]), unknown)).toThrow(JournalDamaged);
});
