import { describe, expect, test } from 'vitest';
import { sameButTime, type LastChange, type Status } from '../../../agent/report/status.ts';
import { tell } from '../../../agent/report/tell.ts';
import { commitOf } from '../../support/desired.ts';
import { changeOf, heldOf, statusOf, takenBackOf } from '../../support/status.ts';

/** What a cycle says, given what the one before said: `LEVEL EVENT sentence`. */
const said = (before: Status | null, now: Status, changes: readonly LastChange[] = []): readonly string[] =>
  tell(before, now, changes).map(({ level, event, sentence }) => `${level} ${event} ${sentence}`);
const QUIET = ['debug unchanged Nothing to do: in desired state.'];

/** Said when it begins, not while it lasts, again when its reason changes, and when it ends. */
function expectNewsOnce(lasting: (why: string) => Status, begins: string, ends: string | null): void {
  const first = lasting('this');
  expect(said(statusOf(), first).join('\n')).toContain(begins);
  expect(said(first, first)).toEqual([expect.stringMatching(/^debug unchanged/)]);
  expect(said(first, lasting('that')).join('\n')).toContain('that');
  expect(said(first, statusOf()).join('\n')).toContain(ends ?? QUIET[0]!);
}

test('a cycle without news is one debug line', () => {
  expect(said(statusOf(), statusOf({ atMs: 5 }))).toEqual(QUIET);
});

describe('who this host is', () => {
  test('is said at first and when it changes', () => {
    const sentence = 'info role This host is kubernetes-node-1: MASTER, VRRP priority 100, address 10.1.1.1.';
    expect(said(null, statusOf())[0]).toBe(sentence);
    expect(said(statusOf({ role: 'BACKUP', priority: 99 }), statusOf())).toEqual([sentence]);
  });

  test('when it is nobody of this cluster is said once', () => {
    const nobody = (why: string): Status => statusOf({ role: null, outcome: 'no desired state', why });
    expectNewsOnce(nobody, 'warn no-desired-state this', 'info role This host is');
  });
});

describe('what stands for more than one cycle is news when it begins, changes and ends', () => {
  test('an outage of the repository', () => {
    expectNewsOnce(
      (why) => statusOf({ source: { ok: false, why: `${why} failed.`, head: null, sinceMs: 0 } }),
      'warn source this failed. Meanwhile commit 111111111111 goes on being enforced.',
      'info source-back The state repository can be followed again.',
    );
  });

  test('a refusal, with every reason', () => {
    const refused = (why: string): Status =>
      statusOf({
        outcome: 'refused',
        refused: { of: 'commit 222222222222 "x"', commit: commitOf(2), reasons: [why, 'and more'] },
      });
    expectNewsOnce(
      refused,
      'error refused Commit 222222222222 "x" by Ada is refused and nothing was changed for it; commit 111111111111 stays in force.\nthis\nand more',
      null,
    );
  });

  test('something that waits', () => {
    expectNewsOnce(
      (why) => statusOf({ waiting: [{ id: 'file[/etc/a]', why: `waits for ${why}` }] }),
      'info waiting file[/etc/a] waits for this. The rest goes on.',
      'info waiting-ended file[/etc/a] is no longer held back.',
    );
  });

  test('something that is held back for another reason', () => {
    const now = statusOf({ waiting: [{ id: 'unit[a.service]', why: 'it is masked' }] });
    expect(said(statusOf(), now)).toEqual([
      'info waiting unit[a.service] is held back: it is masked. The rest goes on.',
    ]);
  });

  test('several things, of which one says that the rest goes on', () => {
    const now = statusOf({
      outcome: 'failed',
      cannot: [{ id: 'file[/etc/a]', why: 'no' }],
      waiting: [{ id: 'file[/etc/b]', why: 'waits for this' }],
    });
    expect(said(statusOf(), now)).toEqual([
      'error cannot file[/etc/a] cannot be brought to its state: no. The rest goes on.',
      'info waiting file[/etc/b] waits for this.',
    ]);
  });

  test('what goes wrong again in another process is no news', () => {
    const asBefore = (pid: number): Status =>
      statusOf({
        outcome: 'refused',
        refused: { of: 'x', commit: null, reasons: [`lock held by process ${pid} (apt-get), (${pid})`] },
        waiting: [{ id: 'file[/etc/a]', why: `waits for check[${pid}]` }],
      });
    expect(said(asBefore(1043), asBefore(2222))).toEqual([expect.stringMatching(/^debug unchanged/)]);
    expect(sameButTime(asBefore(1043), asBefore(2222))).toBe(true);
    expect(sameButTime(asBefore(1043), statusOf())).toBe(false);
  });

  test('something that cannot be brought to its state', () => {
    expectNewsOnce(
      (why) => statusOf({ outcome: 'failed', cannot: [{ id: 'file[/etc/a]', why: `${why}.` }] }),
      'error cannot file[/etc/a] cannot be brought to its state: this. The rest goes on.',
      'info can Nothing stands in the way of file[/etc/a] any more.',
    );
  });

  test('a notice', () => {
    expectNewsOnce(
      (why) => statusOf({ notices: [`${why} shadows ours.`] }),
      'warn notice this shadows',
      null,
    );
  });
});

describe('a change', () => {
  test('is named resource by resource, then summed up with who asked for it', () => {
    const change = changeOf({
      changes: [
        { id: 'file[/etc/a]', why: 'commit', summary: ['content'] },
        { id: 'file[/etc/b]', why: 'drift', summary: ['mode 0600 → 0644', 'owner x → root'] },
        { id: 'file[/etc/c]', why: 'left', summary: ['removed'] },
      ],
      steps: ['systemctl reload haproxy.service'],
    });
    expect(said(statusOf(), statusOf({ outcome: 'changed' }), [change])).toEqual([
      'info change applied: file[/etc/a]: content',
      'warn drift drift put right: file[/etc/b]: mode 0600 → 0644, owner x → root',
      'info change no longer desired, put back as first seen: file[/etc/c]: removed',
      'info changed Commit 111111111111 "change 1" by Ada: 3 changes (1 of them drift) in 1.2 s; systemctl reload haproxy.service.',
    ]);
  });

  test('that only puts drift right blames no author', () => {
    const change = changeOf({
      of: 'generation 2 (commit 111111111111)',
      changes: [{ id: 'file[/etc/a]', why: 'drift', summary: ['content'] }],
    });
    expect(said(statusOf(), statusOf({ outcome: 'changed' }), [change]).at(-1)).toBe(
      'info changed Drift put right, back to commit 111111111111: 1 change in 1.2 s.',
    );
    expect(said(statusOf(), statusOf(), [{ ...change, of: '/srv/state', commit: null }]).at(-1)).toBe(
      'info changed Drift put right, back to /srv/state: 1 change in 1.2 s.',
    );
  });

  test('can be found by its resource and its commit', () => {
    const [told] = tell(statusOf(), statusOf(), [changeOf()]);
    expect(told?.fields).toEqual({ commit: commitOf(1).sha, outcome: 'changed', resource: 'file[/etc/a]' });
  });

  test('keeps what could not be proved about it', () => {
    const change = changeOf({ note: 'Whether haproxy.service took the reload could not be asked.' });
    expect(said(statusOf(), statusOf(), [change]).at(-1)).toBe(
      'info changed Commit 111111111111 "change 1" by Ada: 1 change in 1.2 s. Whether haproxy.service took the reload could not be asked.',
    );
  });

  test('that is kept although something is unwell is a warning with the way back', () => {
    const change = changeOf({
      end: 'degraded',
      note: 'It was unwell before, and still is: https[10.1.233.1:6443]/answers: connection refused.',
    });
    expect(said(statusOf(), statusOf({ outcome: 'degraded' }), [change])).toEqual([
      'info change applied: file[/etc/a]: content, mode 0600 → 0644',
      'warn change-degraded Commit 111111111111 "change 1" by Ada: 1 change in 1.2 s. The change is kept, although not everything is well. It was unwell before, and still is: https[10.1.233.1:6443]/answers: connection refused. To go back to what was before: holdfast rollback',
    ]);
  });
});

test('a commit that changes nothing on this host is news: it is in force now', () => {
  const now = statusOf({ commit: commitOf(2), generation: 2 });
  expect(said(statusOf(), now)).toEqual([
    'info commit Commit 222222222222 "change 2" by Ada is in force: nothing to change on this host.',
  ]);
});

test('a commit that needs nothing is news also when recovery has just taken another one back', () => {
  const now = statusOf({ commit: commitOf(3), generation: 2, outcome: 'rolled back' });
  expect(said(statusOf(), now, [takenBackOf()]).at(-1)).toMatch(/^info commit Commit 333333333333/);
  expect(said(statusOf(), now, [changeOf({ commit: commitOf(3) })]).join()).not.toContain('info commit');
});

test('the end of a failure is said', () => {
  expect(said(statusOf({ outcome: 'failed', why: 'the disk is full' }), statusOf())).toEqual([
    'info recovered The failure is over; this host is in desired state.',
  ]);
});

test('a cycle that may do nothing says why at the level of a debug line', () => {
  const held = statusOf({ outcome: 'held', held: heldOf(), why: 'It waits.' });
  expect(said(held, held)).toEqual(['debug unchanged Nothing to do: held: It waits.']);
});
