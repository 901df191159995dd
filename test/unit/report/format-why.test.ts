import { describe, expect, test } from 'vitest';
import { formatWhy } from '../../../agent/report/format-why.ts';
import type { Status } from '../../../agent/report/status.ts';
import { commitOf } from '../../support/desired.ts';
import {
  changeOf,
  heldOf,
  pausedOf,
  statusOf,
  stuckOf,
  takenBackOf,
  troubledAt,
} from '../../support/status.ts';

const NOW = 1_000_000;
/** What is told between who the host is and what is in force. */
const told = (status: Status): string => {
  const text = formatWhy({ ...status, managed: [] }, NOW);
  return text.slice(text.indexOf('held here.\n') + 'held here.\n'.length).trimEnd();
};
const IN_FORCE = 'In force: 111111111111 "change 1" by Ada (generation 1, 4 resources).';

test('a host in its desired state has little to tell', () => {
  expect(formatWhy(statusOf(), NOW)).toBe(`kubernetes-node-1, MASTER, VRRP priority 100, 10.1.1.1.
The virtual IP 10.1.233.1 is held here.
It is in desired state.
${IN_FORCE}
Managed on this host:
  file[/etc/a]
  file[/etc/b]
  file[/etc/c]
  unit[a.service]
`);
});

test('a host in trouble tells all of it as a story', () => {
  const status = troubledAt(NOW, takenBackOf());
  expect(told(status))
    .toBe(`The state repository has not been followed for 7 min: The Git server does not answer.
Commit 222222222222 "change 2" is refused, and nothing was changed for it, because:
  cluster.yaml:3:1: is not YAML.
      vip
      ^
It is looked at again in every cycle; a commit that mends it goes through by itself.
${IN_FORCE}
file[/etc/c] cannot be brought to its state: /etc/c is a directory.
file[/etc/a] waits for /etc/b, which does not exist yet.
/etc/sysctl.d/99-zz.conf sets it, too.
60 s ago, commit 222222222222 "change 2" by Ada was taken back after 74.2 s, because:
  https[10.1.233.1:6443]/answers: connection refused
It was to change:
  file[/etc/a]: content, mode 0600 → 0644 (the commit asks for it)
This host is as it was before.
The same is not tried again until a commit changes it, or: holdfast retry
60 s ago, drift from generation 1 took 1.2 s:
  file[/etc/a]: mode 0600 → 0644 (it had drifted)
  then systemctl reload haproxy.service`);
});

test('the change that explains how the host is comes first, and is told once', () => {
  const back = takenBackOf({
    vipAfter: 'the virtual IP does not answer 30 s later: connection refused',
    quarantined: false,
  });
  expect(told(statusOf({ outcome: 'rolled back', why: 'x', lastChange: back, lastDrift: back })))
    .toBe(`60 s ago, commit 222222222222 "change 2" by Ada was taken back after 74.2 s, because:
  https[10.1.233.1:6443]/answers: connection refused
It was to change:
  file[/etc/a]: content, mode 0600 → 0644 (the commit asks for it)
This host is as it was before. The virtual IP does not answer 30 s later: connection refused.
It is tried again.
${IN_FORCE}`);
});

test('a change that was kept although something is unwell says what, and how to go back', () => {
  const lastChange = changeOf({ end: 'degraded', note: 'It was unwell before, and still is: x.' });
  expect(told(statusOf({ outcome: 'degraded', why: 'x', lastChange })))
    .toBe(`60 s ago, commit 111111111111 "change 1" by Ada took 1.2 s:
  file[/etc/a]: content, mode 0600 → 0644 (the commit asks for it)
The change is kept, although not everything is well. It was unwell before, and still is: x. To go back to what was before: holdfast rollback
${IN_FORCE}`);
});

test('a change that is stuck says what is wrong, what it was to do, and the ways out', () => {
  const status = statusOf({ outcome: 'stuck', why: 'x', stuck: stuckOf(), lastChange: stuckOf() });
  expect(told(status))
    .toBe(`Commit 222222222222 "change 2" by Ada could not be taken back completely; file[/etc/a]: no space left on device. It is to go back because of this: https[10.1.233.1:6443]/answers: connection refused.
It was begun 60 s ago, and was to change:
  file[/etc/a]: content, mode 0600 → 0644 (the commit asks for it)
Going back is tried again by itself, and a newer commit for the same resources goes through. To accept this host as it is: holdfast settle
${IN_FORCE}`);
});

describe('what holds everything up', () => {
  test('a pause: who, why, for how long, what it stops and how it ends', () => {
    const paused = pausedOf({ untilMs: NOW + 3_600_000 });
    expect(told(statusOf({ outcome: 'paused', why: 'x', paused })))
      .toBe(`Paused by ada: trying a kernel. It has been so for 60 s, and it lasts 60 min more.
The repository is still followed; no commit is applied and no drift is put right.
Nothing is changed on this host until 1970-01-01 01:16 UTC, or: holdfast resume
${IN_FORCE}`);
  });

  test('a wait for a well virtual IP', () => {
    expect(told(statusOf({ outcome: 'held', why: 'x', held: heldOf() })))
      .toBe(`Commit 222222222222 "change 2" by Ada has been held for 2 min, although nothing is wrong with it: it waits for the virtual IP to be well. It goes on by itself.
${IN_FORCE}`);
  });

  test('something that stands behind something worse is told as well', () => {
    const text = told(statusOf({ outcome: 'stuck', why: 'x', stuck: stuckOf(), paused: pausedOf() }));
    expect(text).toMatch(/^Commit 222222222222 .*holdfast settle\nPaused by ada: /s);
    const failed = told(statusOf({ outcome: 'failed', why: 'the disk is full', stuck: stuckOf() }));
    expect(failed).toMatch(/^It is failed: the disk is full\.\nCommit 222222222222 .*holdfast settle\n/s);
  });
});

test('who accepted a commit by hand, when, and that nobody had signed it', () => {
  const acceptedByHand = { commit: commitOf(1), by: 'bob', atMs: 880_000, unsigned: 'it is not signed.' };
  expect(told(statusOf({ acceptedByHand }))).toContain(
    '2 min ago bob has accepted commit 111111111111 "change 1" by Ada by hand, although it is not signed.',
  );
});
