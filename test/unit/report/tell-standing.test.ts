import { describe, expect, test } from 'vitest';
import type { LastChange, Status } from '../../../agent/report/status.ts';
import { tell } from '../../../agent/report/tell.ts';
import { commitOf } from '../../support/desired.ts';
import { changeOf, heldOf, pausedOf, statusOf, stuckOf, takenBackOf } from '../../support/status.ts';

const said = (before: Status | null, now: Status, changes: readonly LastChange[] = []): readonly string[] =>
  tell(before, now, changes).map(({ level, event, sentence }) => `${level} ${event} ${sentence}`);
const NOTHING = [expect.stringMatching(/^debug unchanged/)];
const DAY_MS = 86_400_000;

describe('a change that is stuck on its way back', () => {
  const stuck = (more: Partial<LastChange> = {}): Status =>
    statusOf({ outcome: 'stuck', why: 'x', stuck: stuckOf(more), lastChange: stuckOf(more) });

  test('is an error that says what is wrong, why it goes back, and the ways out', () => {
    expect(said(statusOf(), stuck(), [stuckOf()])).toEqual([
      'error change-stuck Commit 222222222222 "change 2" by Ada could not be taken back completely; file[/etc/a]: no space left on device. It is to go back because of this: https[10.1.233.1:6443]/answers: connection refused. It was to change file[/etc/a]. Going back is tried again by itself, and a newer commit for the same resources goes through. To accept this host as it is: holdfast settle',
    ]);
    expect(tell(statusOf(), stuck(), [])[0]?.fields).toEqual({ commit: commitOf(2).sha, outcome: 'stuck' });
  });

  test('is said again when an attempt fails in another way, or another change is stuck', () => {
    expect(said(stuck(), stuck({ tookMs: 90_000 }))).toEqual(NOTHING);
    expect(said(stuck({ note: 'pid 7 hangs' }), stuck({ note: 'pid 8 hangs' }))).toEqual(NOTHING);
    expect(said(stuck(), stuck({ note: '/etc is read-only' }))).toEqual([
      expect.stringMatching(/^error change-stuck .*\/etc is read-only/),
    ]);
    expect(said(stuck(), stuck({ tx: 3 }))).toEqual([expect.stringMatching(/^error change-stuck/)]);
  });

  test('ends as what was taken back', () => {
    const told = said(stuck(), statusOf({ outcome: 'rolled back' }), [takenBackOf()]);
    expect(told.map((line) => line.split(' ')[1])).toEqual(['taken-back', 'change-rolled-back']);
  });

  test('is said to be over when nothing else tells', () => {
    expect(said(stuck(), statusOf(), [changeOf({ tx: 3 })])).toContain(
      'info stuck-ended Commit 222222222222 "change 2" by Ada is no longer stuck on its way back.',
    );
  });
});

describe('a commit that is held', () => {
  const held = (more: Parameters<typeof heldOf>[0] = {}): Status =>
    statusOf({ outcome: 'held', why: 'x', held: heldOf(more) });

  test('is said with the reason when it begins, and again when that changes', () => {
    expect(said(statusOf(), held())).toEqual([
      'info held Commit 222222222222 "change 2" by Ada is held: it waits for the virtual IP to be well. It goes on by itself. Commit 111111111111 stays in force meanwhile.',
    ]);
    expect(tell(statusOf(), held(), [])[0]?.fields).toEqual({ commit: commitOf(2).sha, outcome: 'held' });
    expect(said(held(), held())).toEqual(NOTHING);
    expect(said(held(), held({ why: 'waits for something else' }))).toEqual([
      expect.stringMatching(/^info held .* is held: it waits for something else\. It goes on by itself\./),
    ]);
    expect(said(held(), held({ of: 'commit 333333333333 "change 3"' }))).toEqual([
      expect.stringMatching(/^info held Commit 333333333333/),
    ]);
  });

  test('by a rollback says nothing of going on by itself', () => {
    const pinned = held({ by: 'rollback', why: 'waits, because somebody went back' });
    expect(said(statusOf(), pinned)).toEqual([
      'info held Commit 222222222222 "change 2" by Ada is held: it waits, because somebody went back. Commit 111111111111 stays in force meanwhile.',
    ]);
  });

  describe('because it is another host’s turn', () => {
    const turn = (why: string, host: string): Status => held({ by: 'turn', why, for: host });
    const applying = turn('waits for pi-3, which is applying commit 222222222222', 'pi-3');

    test('is said with the host that it waits for', () => {
      expect(said(statusOf(), applying)).toEqual([
        'info held Commit 222222222222 "change 2" by Ada is held: it waits for pi-3, which is applying commit 222222222222. Commit 111111111111 stays in force meanwhile.',
      ]);
    });
    test('is said once for each host, and not for each of its phases', () => {
      const verifying = turn('waits for pi-3, which is verifying commit 222222222222', 'pi-3');
      expect(said(applying, verifying)).toEqual(NOTHING);
      const next = turn('waits for pi-2, which is verifying commit 222222222222', 'pi-2');
      expect(said(verifying, next)).toEqual([
        expect.stringMatching(/^info held .* it waits for pi-2, which/),
      ]);
    });
    test('is said again when the wait becomes a stop, and when the stop has another reason', () => {
      const stop = turn('pi-3 took it back: connection refused', 'pi-3');
      expect(said(applying, stop)).toEqual([
        expect.stringMatching(/^info held .* is held: pi-3 took it back: connection refused\./),
      ]);
      expect(said(stop, stop)).toEqual(NOTHING);
      expect(said(stop, turn('pi-3 tried it, and is stuck on its way back', 'pi-3'))).toHaveLength(1);
      expect(said(stop, applying)).toHaveLength(1);
    });
    test('is said anew for another commit, or when it waits for something else', () => {
      const more = { by: 'turn', why: 'waits for pi-3, which is paused', for: 'pi-3' } as const;
      expect(said(applying, held({ ...more, of: 'commit 333333333333 "change 3"' }))).toHaveLength(1);
      expect(said(applying, held())).toHaveLength(1);
    });
  });

  test('has its end said before it is told what was changed', () => {
    const told = said(held(), statusOf({ outcome: 'changed', commit: commitOf(2) }), [
      changeOf({ commit: commitOf(2) }),
    ]);
    expect(told[0]).toBe('info held-ended Commit 222222222222 "change 2" is no longer held.');
    expect(told[1]).toMatch(/^info change applied/);
  });

  test('is not said to go on while the host is paused', () => {
    expect(said(held(), statusOf({ paused: pausedOf(), pauseSaidMs: 1 })).join()).not.toContain('held');
  });
});

describe('a pause', () => {
  const paused = (
    more: Parameters<typeof pausedOf>[0] = {},
    pauseSaidMs = 940_000,
    atMs = 1_000_000,
  ): Status => statusOf({ outcome: 'paused', why: 'x', paused: pausedOf(more), pauseSaidMs, atMs });

  test('is said when it begins and when another one replaces it, with the way out', () => {
    expect(said(statusOf(), paused())).toEqual([
      'info paused Paused by ada: trying a kernel. Nothing is changed on this host until: holdfast resume',
    ]);
    expect(said(paused(), paused())).toEqual(NOTHING);
    expect(said(paused(), paused({ untilMs: Date.UTC(2026, 2, 1, 14, 5) }))).toEqual([
      'info paused Paused by ada: trying a kernel. Nothing is changed on this host until 2026-03-01 14:05 UTC, or: holdfast resume',
    ]);
  });

  test('that is forgotten is a warning every day', () => {
    expect(said(paused(), paused({}, 940_000 + DAY_MS, 940_000 + DAY_MS))).toEqual([
      'warn pause-reminder Still paused, for 24 h. Paused by ada: trying a kernel. Nothing is changed on this host until: holdfast resume',
    ]);
  });

  test('has its end said, and whether somebody ended it', () => {
    expect(said(paused(), statusOf())).toEqual([
      'info resumed The pause by ada was ended after 60 s. This host is brought to what the repository says again.',
    ]);
    expect(said(paused({ untilMs: 999_000 }), statusOf())).toEqual([
      'info resumed The pause by ada is over by itself after 60 s. This host is brought to what the repository says again.',
    ]);
  });
});
