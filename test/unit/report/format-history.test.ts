import { expect, test } from 'vitest';
import { formatHistory } from '../../../agent/report/format-history.ts';
import type { LastChange } from '../../../agent/report/status.ts';
import { changeOf, takenBackOf } from '../../support/status.ts';

const NOW = 1_000_000;

test('history is a table with the newest at the bottom, and says why what was taken back was', () => {
  const entries = [
    changeOf({ atMs: NOW - 7_200_000, generation: 11 }),
    changeOf({
      atMs: NOW - 600_000,
      generation: 12,
      end: 'degraded',
      note: 'It was unwell before, and still is: x.',
      changes: [...changeOf().changes, ...changeOf().changes],
    }),
    takenBackOf({ atMs: NOW - 60_000, generation: 12 }),
    takenBackOf({ generation: 12, failure: 'this host was restarted twice', quarantined: false }),
    changeOf({
      atMs: NOW,
      generation: 12,
      changes: [{ id: 'file[/etc/a]', why: 'drift', summary: ['content'] }],
    }),
  ];
  expect(formatHistory(entries, NOW)).toBe(
    `when        generation  end          change
2 h ago     11          committed    commit 111111111111 "change 1" by Ada: 1 change in 1.2 s
10 min ago  12          degraded     commit 111111111111 "change 1" by Ada: 2 changes in 1.2 s
                                     It was unwell before, and still is: x.
60 s ago    12          rolled back  commit 222222222222 "change 2" by Ada: 1 change in 74.2 s
                                     because: https[10.1.233.1:6443]/answers: connection refused.
60 s ago    12          rolled back  commit 222222222222 "change 2" by Ada: 1 change in 74.2 s
                                     because: this host was restarted twice. It was to be tried again.
0 s ago     12          committed    the correction of drift from commit 111111111111: 1 change in 1.2 s
`,
  );
});

test('what a command printed on many lines takes one of them', () => {
  const text = formatHistory([takenBackOf({ failure: `haproxy:\n  [ALERT]\n${'x'.repeat(500)}` })], NOW);
  const [, , because, ...more] = text.split('\n');
  expect(because).toMatch(/because: haproxy: \[ALERT\] x+… \(\d+ more characters\)$/);
  expect(more).toEqual(['']);
});

test('an entry that makes little sense does not hide the others', () => {
  const odd = [null, 'x', { changes: 3 }, changeOf()] as unknown as readonly LastChange[];
  expect(formatHistory(odd, NOW).trimEnd().split('\n')).toHaveLength(5);
});

test('no history is said in words', () => {
  expect(formatHistory([], NOW)).toBe('Nothing has been changed on this host yet.\n');
});
