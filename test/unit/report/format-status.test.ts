import { describe, expect, test } from 'vitest';
import { formatStatus } from '../../../agent/report/format-status.ts';
import { formatSummary } from '../../../agent/report/outcome-line.ts';
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

test('a host in its desired state fits a few lines', () => {
  expect(formatStatus(statusOf({ atMs: NOW - 12_000 }), NOW)).toBe(
    `host        kubernetes-node-1, MASTER, VRRP priority 100, 10.1.1.1
outcome     in desired state
commit      111111111111 "change 1" by Ada (generation 1, 4 resources)
source      followed, newest commit 111111111111
VIP         10.1.233.1, held here
last cycle  12 s ago (holdfast 1.0.0)
`,
  );
});

const TROUBLED = troubledAt(NOW, takenBackOf({ vipAfter: 'the virtual IP answers again after 3.1 s' }));

test('a host in trouble says everything that stands in its way', () => {
  expect(formatStatus(TROUBLED, NOW)).toBe(
    `host        kubernetes-node-1, MASTER, VRRP priority 100, 10.1.1.1
outcome     refused: the newest commit; 111111111111 stays in force
commit      111111111111 "change 1" by Ada (generation 1, 4 resources)
source      NOT followed for 7 min: The Git server does not answer.
VIP         10.1.233.1, held here
refused     commit 222222222222 "change 2", nothing was changed for it:
  cluster.yaml:3:1: is not YAML.
      vip
      ^
cannot
  file[/etc/c]: /etc/c is a directory.
waiting
  file[/etc/a]: waits for /etc/b, which does not exist yet
notices
  /etc/sysctl.d/99-zz.conf sets it, too.
last change 60 s ago, commit 222222222222 "change 2": file[/etc/a]; TAKEN BACK after 74.2 s:
  https[10.1.233.1:6443]/answers: connection refused.
  This host is as it was before. The virtual IP answers again after 3.1 s.
  The same is not tried again until a commit changes it, or: holdfast retry
last drift  60 s ago, drift from generation 1: file[/etc/a]
last cycle  0 s ago (holdfast 1.0.0)
`,
  );
});

test('the same is not said twice', () => {
  const drift = changeOf({ changes: [{ id: 'file[/etc/a]', why: 'drift', summary: ['content'] }] });
  const once = statusOf({ lastChange: drift, lastDrift: structuredClone(drift) });
  expect(formatStatus(once, NOW).match(/drift/g)).toHaveLength(1);
  const cannot = [{ id: 'file[/etc/c]', why: '/etc/c is a directory.' }];
  const stuck = statusOf({ outcome: 'failed', why: 'file[/etc/c]: /etc/c is a directory.', cannot });
  expect(formatStatus(stuck, NOW)).toContain(
    'outcome     failed: 1 resource cannot be brought to the desired state\n',
  );
  expect(formatStatus(stuck, NOW).match(/is a directory/g)).toHaveLength(1);
  const back = statusOf({ outcome: 'rolled back', why: 'x: connection refused', lastChange: takenBackOf() });
  expect(formatStatus(back, NOW).match(/connection refused/g)).toHaveLength(1);
  const stuckHost = statusOf({ outcome: 'stuck', why: 'x', stuck: stuckOf(), lastChange: stuckOf() });
  expect(formatStatus(stuckHost, NOW).match(/no space left/g)).toHaveLength(1);
});

test('a first commit that is refused leaves nothing in force', () => {
  const { refused } = TROUBLED;
  const first = statusOf({ outcome: 'refused', why: 'x', refused, commit: null, generation: 0 });
  expect(formatStatus(first, NOW)).toContain(
    'outcome     refused: the newest commit; nothing is in force yet\n',
  );
});

test('says where the virtual IP is not', () => {
  expect(formatStatus(statusOf({ vipHeld: false }), NOW)).toContain('VIP         10.1.233.1, not here\n');
  expect(formatStatus(statusOf({ vipHeld: null }), NOW)).toContain('VIP         10.1.233.1\n');
});

describe('a host without a role', () => {
  const blank = { role: null, priority: null, address: null, vip: null, commit: null, generation: 0 };
  test('is not in the cluster when its commit says so', () => {
    const status = statusOf({ ...blank, outcome: 'no desired state', why: 'It is not listed.' });
    expect(formatStatus(status, NOW)).toContain(
      'host        kubernetes-node-1, not a host of this cluster\n',
    );
    expect(formatStatus(status, NOW)).toContain('commit      none in force yet\n');
  });

  test('whose first commit is refused does not know yet', () => {
    const status = statusOf({ ...blank, outcome: 'refused', why: 'x' });
    expect(formatStatus(status, NOW)).toContain('host        kubernetes-node-1, role not known yet\n');
  });
});

test('systemctl status shows one line', () => {
  expect(formatSummary(statusOf())).toBe('in desired state; MASTER; commit 111111111111');
  expect(formatSummary(statusOf({ outcome: 'failed', why: 'x', role: null, commit: null }))).toBe(
    'failed; no role; no commit in force; x',
  );
});

/** The lines from the one that begins with `first` to the last cycle. */
const linesFrom = (first: string, text: string): readonly string[] => {
  const lines = text.split('\n');
  const from = lines.findIndex((line) => line.startsWith(first));
  return lines.slice(
    from,
    lines.findIndex((line) => line.startsWith('last cycle')),
  );
};

describe('what keeps a host from being as it should is said with since when and the way out', () => {
  test('a pause', () => {
    const status = statusOf({ outcome: 'paused', why: 'x', paused: pausedOf({ untilMs: 4_600_000 }) });
    const text = formatStatus(status, NOW);
    expect(text).toContain('outcome     paused: nothing is changed on this host\n');
    expect(linesFrom('paused', text)).toEqual([
      'paused      for 60 s by ada: trying a kernel',
      '  Nothing is changed on this host until 1970-01-01 01:16 UTC, or: holdfast resume',
    ]);
  });

  test('a pause whose record is damaged', () => {
    const paused = pausedOf({ by: 'somebody', reason: 'pause.json is damaged', sinceMs: 0 });
    expect(linesFrom('paused', formatStatus(statusOf({ outcome: 'paused', paused }), NOW))).toEqual([
      'paused      for nobody knows how long by somebody: pause.json is damaged',
      '  Nothing is changed on this host until: holdfast resume',
    ]);
  });

  test('a commit that is held', () => {
    const text = formatStatus(statusOf({ outcome: 'held', why: 'x', held: heldOf() }), NOW);
    expect(text).toContain('outcome     held: the newest commit; 111111111111 stays in force\n');
    expect(linesFrom('held', text)).toEqual([
      'held        commit 222222222222 "change 2", for 2 min:',
      '  it waits for the virtual IP to be well. It goes on by itself.',
    ]);
  });

  test('a change that is stuck on its way back', () => {
    const status = statusOf({ outcome: 'stuck', why: 'x', stuck: stuckOf(), lastChange: stuckOf() });
    const text = formatStatus(status, NOW);
    expect(text).toContain(
      'outcome     stuck: commit 222222222222 "change 2" could not be taken back completely\n',
    );
    expect(linesFrom('stuck', text)).toEqual([
      'stuck       for 60 s:',
      '  Commit 222222222222 "change 2" by Ada could not be taken back completely; file[/etc/a]: no space left on device. It is to go back because of this: https[10.1.233.1:6443]/answers: connection refused.',
      '  Going back is tried again by itself, and a newer commit for the same resources goes through. To accept this host as it is: holdfast settle',
    ]);
  });
});

describe('how the last change ended', () => {
  const last = (more: Parameters<typeof changeOf>[0], outcome: 'degraded' | 'rolled back' | 'changed') =>
    formatStatus(statusOf({ outcome, why: 'x', lastChange: changeOf(more) }), NOW);

  test('kept, although something is unwell', () => {
    const text = last({ end: 'degraded', note: 'It was unwell before, and still is: x.' }, 'degraded');
    expect(text).toContain(
      'outcome     degraded: commit 111111111111 "change 1" is kept, although not everything is well\n',
    );
    expect(linesFrom('last change', text)).toEqual([
      'last change 60 s ago, commit 111111111111 "change 1": file[/etc/a]; KEPT, DEGRADED:',
      '  The change is kept, although not everything is well. It was unwell before, and still is: x. To go back to what was before: holdfast rollback',
    ]);
  });

  test('kept, with something that could not be proved', () => {
    expect(linesFrom('last change', last({ note: 'It could not be asked.' }, 'changed'))).toEqual([
      'last change 60 s ago, commit 111111111111 "change 1": file[/etc/a]',
      '  It could not be asked.',
    ]);
  });

  test('taken back, and nobody claims that the host is as before when it is not', () => {
    const note = 'It was accepted as it is by ada.';
    const text = last({ end: 'rolled back', failure: 'it broke', note }, 'rolled back');
    expect(text).toContain(
      'outcome     rolled back: commit 111111111111 "change 1"; 111111111111 stays in force\n',
    );
    expect(linesFrom('last change', text)).toEqual([
      'last change 60 s ago, commit 111111111111 "change 1": file[/etc/a]; TAKEN BACK after 1.2 s:',
      '  it broke.',
      '  It was accepted as it is by ada.',
      '  It is tried again.',
    ]);
  });
});
