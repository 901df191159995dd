import type { LastChange, Status } from '../../agent/report/status.ts';
import { commitOf } from './desired.ts';

/** A host in desired state, unless the test says otherwise. */
export const statusOf = (more: Partial<Status> = {}): Status => ({
  version: 1,
  release: '1.0.0',
  atMs: 1_000_000,
  hostname: 'kubernetes-node-1',
  role: 'MASTER',
  priority: 100,
  address: '10.1.1.1',
  vip: '10.1.233.1',
  vipHeld: true,
  outcome: 'in desired state',
  why: null,
  commit: commitOf(1),
  generation: 1,
  resources: 4,
  managed: ['file[/etc/a]', 'file[/etc/b]', 'file[/etc/c]', 'unit[a.service]'],
  source: { ok: true, why: null, head: commitOf(1).sha, sinceMs: 0 },
  refused: null,
  waiting: [],
  cannot: [],
  notices: [],
  lastChange: null,
  lastDrift: null,
  ...more,
});

export const changeOf = (more: Partial<LastChange> = {}): LastChange => ({
  atMs: 940_000,
  tookMs: 1234,
  of: 'commit 111111111111 "change 1"',
  commit: commitOf(1),
  changes: [{ id: 'file[/etc/a]', why: 'commit', summary: ['content', 'mode 0600 → 0644'] }],
  steps: [],
  failure: null,
  ...more,
});
