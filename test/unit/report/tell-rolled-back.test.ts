import { expect, test } from 'vitest';
import type { LastChange, Status } from '../../../agent/report/status.ts';
import { tell } from '../../../agent/report/tell.ts';
import { RELEASE } from '../../../agent/source/as-first-seen.ts';
import { commitOf } from '../../support/desired.ts';
import { changeOf, statusOf, takenBackOf } from '../../support/status.ts';

const after = (change: LastChange): Status =>
  statusOf({ outcome: 'rolled back', why: 'x', lastChange: change });
const said = (before: Status | null, now: Status, changes: readonly LastChange[] = []): readonly string[] =>
  tell(before, now, changes).map(({ level, event, sentence }) => `${level} ${event} ${sentence}`);

test('the story of a rollback names the change, the check that failed, how long it took and what happens next', () => {
  const change = takenBackOf({
    changes: [
      { id: 'file[/etc/haproxy/haproxy.cfg]', why: 'commit', summary: ['content'] },
      { id: 'unit[haproxy.service]', why: 'commit', summary: ['running → stopped'] },
    ],
    failure:
      'https[10.1.233.1:6443]/answers: connection refused; unit[haproxy.service]: it is failed (exit code 1)',
    vipAfter: 'the virtual IP answers again after 3.1 s',
  });
  expect(said(statusOf(), after(change), [change])).toEqual([
    'warn taken-back taken back: file[/etc/haproxy/haproxy.cfg]: content',
    'warn taken-back taken back: unit[haproxy.service]: running → stopped',
    'error change-rolled-back Commit 222222222222 "change 2" by Ada was taken back, 74.2 s after it was begun: https[10.1.233.1:6443]/answers: connection refused; unit[haproxy.service]: it is failed (exit code 1). This host is as it was before. The virtual IP answers again after 3.1 s. The same is not tried again until a commit changes it, or: holdfast retry',
  ]);
});

test('it can be found by its commit, its outcome and its resources', () => {
  const [each, whole] = tell(statusOf(), after(takenBackOf()), [takenBackOf()]);
  const fields = { commit: commitOf(2).sha, outcome: 'rolled back' };
  expect(each?.fields).toEqual({ ...fields, resource: 'file[/etc/a]' });
  expect(whole?.fields).toEqual(fields);
});

test('one that was only interrupted says that it is tried again', () => {
  const change = takenBackOf({ failure: 'this host was restarted twice', quarantined: false });
  const [, whole] = said(statusOf(), after(change), [change]);
  expect(whole).toMatch(/was restarted twice\. This host is as it was before\. It is tried again\.$/);
});

test.each([true, false])(
  'a release that was taken back (quarantined: %s) is only tried again when a person says so',
  (quarantined) => {
    const change = takenBackOf({ of: RELEASE, commit: null, quarantined });
    const [, whole] = said(statusOf(), after(change), [change]);
    expect(whole).toMatch(
      /The release of this host was taken back, .* It is not tried again by itself; to try it again: sudo holdfast release$/,
    );
  },
);

test('one that did not end exactly claims no more than is true', () => {
  const change = takenBackOf({ note: 'It was accepted as it is by ada.' });
  const told = said(statusOf(), after(change), [change]);
  expect(told[0]).toMatch(/^warn taken-back taken back as far as it could be: file/);
  expect(told.join()).not.toContain('as it was before');
  expect(told.join()).toContain('It was accepted as it is by ada.');
});

test('drift that could not be put right blames no author', () => {
  const change = takenBackOf({
    of: 'generation 1 (commit 111111111111)',
    commit: commitOf(1),
    changes: [{ id: 'file[/etc/a]', why: 'drift', summary: ['content'] }],
    quarantined: false,
  });
  expect(said(statusOf(), after(change), [change])[1]).toMatch(
    /^error change-rolled-back The correction of drift from commit 111111111111 was taken back, /,
  );
});

test('drift that fails in the same way in every cycle is news once', () => {
  const change = takenBackOf({
    of: 'generation 1',
    failure: 'unit[a.service]: pid 77 died',
    quarantined: false,
  });
  const other = { ...change, failure: 'no space left' };
  const again = { ...change, failure: 'unit[a.service]: pid 78 died' };
  const levels = (before: Status, now: LastChange): readonly string[] =>
    tell(before, after(now), [now]).map(({ level }) => level);
  expect(levels(after(change), again)).toEqual(['debug', 'debug']);
  expect(levels(after(change), other)).toEqual(['warn', 'error']);
  expect(levels(after(change), { ...change, of: 'commit 3' })).toEqual(['warn', 'error']);
  expect(levels(statusOf({ lastChange: change }), change)).toEqual(['warn', 'error']);
  expect(levels(after(changeOf()), change)).toEqual(['warn', 'error']);
});

test('that the same commit is not tried again is no second error, and a new reason is', () => {
  const refused = (of: string): Status =>
    statusOf({
      outcome: 'refused',
      refused: { of, commit: commitOf(2), reasons: ['it holds the change that was taken back'] },
      lastChange: takenBackOf(),
    });
  const before = after(takenBackOf());
  expect(said(before, refused('commit 222222222222 "change 2"'))).toEqual([
    expect.stringMatching(/^info refused Commit 222222222222 .*\nit holds the change that was taken back$/s),
  ]);
  expect(said(before, refused('commit 333333333333 "change 3"'))[0]).toMatch(/^error refused /);
  const retried = {
    ...refused('commit 222222222222 "change 2"'),
    lastChange: takenBackOf({ quarantined: false }),
  };
  expect(said(before, retried)[0]).toMatch(/^error refused /);
});
