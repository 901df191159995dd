import type { Held, LastChange, Paused, Status } from '../../agent/report/status.ts';
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
  held: null,
  paused: null,
  pauseSaidMs: null,
  stuck: null,
  lastChange: null,
  lastDrift: null,
  ...more,
});

export const changeOf = (more: Partial<LastChange> = {}): LastChange => ({
  tx: 1,
  atMs: 940_000,
  tookMs: 1234,
  of: 'commit 111111111111 "change 1"',
  commit: commitOf(1),
  generation: 1,
  changes: [{ id: 'file[/etc/a]', why: 'commit', summary: ['content', 'mode 0600 → 0644'] }],
  steps: [],
  end: 'committed',
  failure: null,
  note: null,
  quarantined: false,
  ...more,
});

/** A change that broke the virtual IP, and was taken back. */
export const takenBackOf = (more: Partial<LastChange> = {}): LastChange =>
  changeOf({
    tx: 2,
    tookMs: 74_200,
    of: 'commit 222222222222 "change 2"',
    commit: commitOf(2),
    end: 'rolled back',
    failure: 'https[10.1.233.1:6443]/answers: connection refused',
    quarantined: true,
    ...more,
  });

/** One that could not be. */
export const stuckOf = (more: Partial<LastChange> = {}): LastChange =>
  takenBackOf({ end: 'stuck', quarantined: false, note: 'file[/etc/a]: no space left on device', ...more });

export const heldOf = (more: Partial<Held> = {}): Held => ({
  of: 'commit 222222222222 "change 2"',
  commit: commitOf(2),
  by: 'unwell VIP',
  why: 'it waits for the virtual IP to be well',
  sinceMs: 880_000,
  ...more,
});

export const pausedOf = (more: Partial<Paused> = {}): Paused => ({
  reason: 'trying a kernel',
  by: 'ada',
  sinceMs: 940_000,
  untilMs: null,
  ...more,
});

/** Everything that can be wrong at once. */
export const troubledAt = (nowMs: number, lastChange: LastChange): Status =>
  statusOf({
    outcome: 'refused',
    why: 'cluster.yaml:3:1: is not YAML.',
    refused: {
      of: 'commit 222222222222 "change 2"',
      commit: commitOf(2),
      reasons: ['cluster.yaml:3:1: is not YAML.\n    vip\n    ^'],
    },
    source: { ok: false, why: 'The Git server does not answer.', head: null, sinceMs: nowMs - 400_000 },
    waiting: [{ id: 'file[/etc/a]', why: 'waits for /etc/b, which does not exist yet' }],
    cannot: [{ id: 'file[/etc/c]', why: '/etc/c is a directory.' }],
    notices: ['/etc/sysctl.d/99-zz.conf sets it, too.'],
    lastChange,
    lastDrift: changeOf({
      of: 'generation 1',
      changes: [{ id: 'file[/etc/a]', why: 'drift', summary: ['mode 0600 → 0644'] }],
      steps: ['systemctl reload haproxy.service'],
    }),
  });
