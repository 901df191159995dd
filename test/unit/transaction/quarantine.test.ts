import { describe, expect, test } from 'vitest';
import type { Change, Why } from '../../../agent/plan/change.ts';
import type { Json } from '../../../agent/host/host.ts';
import type { Id } from '../../../agent/resources/kind.ts';
import type { Quarantined } from '../../../agent/transaction/ledger.ts';
import { pairsOf, triedBefore, whyNotAgain, withQuarantined } from '../../../agent/transaction/quarantine.ts';

/** What failed once is not tried again by itself, whatever commit it comes with. */

const change = (id: Id, to: Json, why: Why = 'commit'): Change => ({
  id,
  scope: null,
  secret: false,
  notify: [],
  requires: [],
  from: null,
  to,
  why,
});
const A = change('file[/etc/a]', { text: 'bad' });
const B = change('sysctl[x]', '1');
const planned = (changes: readonly Change[], observed: readonly Change[] = []) => ({
  changes,
  observed: new Map(observed.map(({ id, to }) => [id, to] as const)),
});
const entry = (changes: readonly Change[], tx = 1): Quarantined => ({
  tx,
  atMs: Date.UTC(2026, 0, 2, 3, 4),
  of: 'commit 111111111111 "Faster"',
  commit: null,
  why: 'connection refused',
  pairs: pairsOf(changes),
});

describe('it is the same again', () => {
  test('under any other commit', () => {
    expect(triedBefore(planned([A, B]), [entry([A, B])])).not.toBeNull();
  });
  test('with an unrelated change beside it', () => {
    const more = change('file[/etc/motd]', 'hello');
    expect(triedBefore(planned([more, B, A]), [entry([A, B])])).not.toBeNull();
  });
  test('with the keys of a state in another order', () => {
    const [one, other] = [change('unit[a]', { x: 1, y: 2 }), change('unit[a]', { y: 2, x: 1 })];
    expect(triedBefore(planned([other]), [entry([one])])).not.toBeNull();
  });
});

test('it is the same again when a part of it is there already, because it could not be taken back', () => {
  expect(triedBefore(planned([B], [A]), [entry([A, B])])).not.toBeNull();
});
test('what is there already and is not asked for holds nothing back', () => {
  expect(triedBefore(planned([], [A, B]), [entry([A, B])])).toBeNull();
});

test('it is another one when it mends what is there', () => {
  const mended = change('file[/etc/a]', 'mended');
  expect(triedBefore(planned([mended, B], [A]), [entry([A, B])])).toBeNull();
});

describe('it is another one', () => {
  test('when a part of it is changed', () => {
    expect(triedBefore(planned([change('file[/etc/a]', 'mended'), B]), [entry([A, B])])).toBeNull();
  });
  test('when a part of it is left out', () => {
    expect(triedBefore(planned([B]), [entry([A, B])])).toBeNull();
  });
  test('when nothing was ever taken back', () => {
    expect(triedBefore(planned([A]), [])).toBeNull();
    expect(whyNotAgain(planned([A]), [])).toBeNull();
  });
});

test('what only put drift right beside it is not held against it', () => {
  expect(pairsOf([A, change('sysctl[x]', '1', 'drift')]).map(({ id }) => id)).toEqual(['file[/etc/a]']);
});

test('a failed change of nothing but drift holds nothing back', () => {
  expect(withQuarantined([], entry([change('sysctl[x]', '1', 'drift')]))).toEqual([]);
});

test('whoever wrote the commit is told what, when, why, and the two ways on', () => {
  expect(whyNotAgain(planned([A, B]), [entry([A, B])])).toBe(
    'it holds the change of file[/etc/a], sysctl[x] that was taken back at 2026-01-02 03:04 UTC, with commit 111111111111 "Faster", because: connection refused. A commit that changes it goes through by itself; to have the same tried again: holdfast retry',
  );
});

test('many names are cut short', () => {
  const many = [1, 2, 3, 4, 5].map((n) => change(`file[/etc/${n}]`, n));
  expect(whyNotAgain(planned(many), [entry(many)])).toContain(
    'file[/etc/1], file[/etc/2], file[/etc/3], and 2 more that was',
  );
});

test('the same that failed again is kept once, with the last reason; twenty are kept', () => {
  const again = { ...entry([A], 2), why: 'timed out' };
  expect(withQuarantined([entry([A])], again)).toEqual([again]);
  const many = Array.from({ length: 25 }, (_, n) => entry([change('file[/etc/a]', n)], n));
  const kept = many.reduce<readonly Quarantined[]>(withQuarantined, []);
  expect([kept.length, kept[0]?.tx, kept.at(-1)?.tx]).toEqual([20, 5, 24]);
});
