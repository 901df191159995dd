import { describe, expect, test } from 'vitest';
import { age, formatStatus, formatSummary, formatWhy } from '../../../agent/report/format-status.ts';
import { commitOf } from '../../support/desired.ts';
import { changeOf, statusOf } from '../../support/status.ts';

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

const TROUBLED = statusOf({
  outcome: 'refused',
  why: 'cluster.yaml:3:1: is not YAML.',
  refused: {
    of: 'commit 222222222222 "change 2"',
    commit: commitOf(2),
    reasons: ['cluster.yaml:3:1: is not YAML.\n    vip\n    ^'],
  },
  source: { ok: false, why: 'The Git server does not answer.', head: null, sinceMs: NOW - 400_000 },
  waiting: [{ id: 'file[/etc/a]', why: 'waits for /etc/b, which does not exist yet' }],
  cannot: [{ id: 'file[/etc/c]', why: '/etc/c is a directory.' }],
  notices: ['/etc/sysctl.d/99-zz.conf sets it, too.'],
  lastChange: changeOf({ failure: 'unit[a.service]: it did not start' }),
  lastDrift: changeOf({
    of: 'generation 1',
    changes: [{ id: 'file[/etc/a]', why: 'drift', summary: ['mode 0600 → 0644'] }],
    steps: ['systemctl reload haproxy.service'],
  }),
});

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
last change 60 s ago, commit 111111111111 "change 1": file[/etc/a]; FAILED: unit[a.service]: it did not start
last drift  60 s ago, drift from generation 1: file[/etc/a]
last cycle  0 s ago (holdfast 1.0.0)
`,
  );
});

test('why tells the same as a story', () => {
  expect(formatWhy(TROUBLED, NOW)).toBe(
    `kubernetes-node-1, MASTER, VRRP priority 100, 10.1.1.1.
The virtual IP 10.1.233.1 is held here.
The state repository has not been followed for 7 min: The Git server does not answer.
Commit 222222222222 "change 2" is refused, and nothing was changed for it, because:
  cluster.yaml:3:1: is not YAML.
      vip
      ^
It is looked at again in every cycle; a commit that mends it goes through by itself.
In force: 111111111111 "change 1" by Ada (generation 1, 4 resources).
file[/etc/c] cannot be brought to its state: /etc/c is a directory.
file[/etc/a] waits for /etc/b, which does not exist yet.
/etc/sysctl.d/99-zz.conf sets it, too.
60 s ago, commit 111111111111 "change 1" FAILED: unit[a.service]: it did not start:
  file[/etc/a]: content, mode 0600 → 0644 (the commit asks for it)
60 s ago, drift from generation 1 took 1.2 s:
  file[/etc/a]: mode 0600 → 0644 (it had drifted)
  then systemctl reload haproxy.service
Managed on this host:
  file[/etc/a]
  file[/etc/b]
  file[/etc/c]
  unit[a.service]
`,
  );
});

test('the same is not said twice', () => {
  const drift = changeOf({ changes: [{ id: 'file[/etc/a]', why: 'drift', summary: ['content'] }] });
  const once = statusOf({ lastChange: drift, lastDrift: structuredClone(drift) });
  expect(formatStatus(once, NOW).match(/drift/g)).toHaveLength(1);
  expect(formatWhy(once, NOW).match(/took/g)).toHaveLength(1);
  const cannot = [{ id: 'file[/etc/c]', why: '/etc/c is a directory.' }];
  const stuck = statusOf({ outcome: 'failed', why: 'file[/etc/c]: /etc/c is a directory.', cannot });
  expect(formatStatus(stuck, NOW)).toContain(
    'outcome     failed: 1 resource cannot be brought to the desired state\n',
  );
  expect(formatStatus(stuck, NOW).match(/is a directory/g)).toHaveLength(1);
  const failure = 'unit[a.service]: it did not start';
  const failed = statusOf({ outcome: 'failed', why: failure, lastChange: changeOf({ failure }) });
  expect(formatStatus(failed, NOW).match(/did not start/g)).toHaveLength(1);
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

test.each([
  [-5, '0 s'],
  [119_000, '119 s'],
  [120_000, '2 min'],
  [7_200_000, '2 h'],
  [200_000_000, '2 days'],
])('%i ms is %s', (ms, text) => {
  expect(age(ms)).toBe(text);
});
