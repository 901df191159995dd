import type { PeerStatus } from '../../agent/fleet/peer-status.ts';
import { commitOf } from './desired.ts';

/** A peer that is in desired state at commit 1, unless the test says otherwise. */
export const peerOf = (more: Partial<PeerStatus> = {}): PeerStatus => ({
  version: 1,
  release: '1.0.0',
  hostname: 'kubernetes-node-2',
  role: 'BACKUP',
  priority: 99,
  head: commitOf(1).sha,
  commit: commitOf(1).sha,
  generation: 1,
  phase: 'idle',
  changing: null,
  outcome: 'in desired state',
  settledMs: 60_000,
  takenBack: [],
  vip: { held: false, answers: true, seen: null },
  apiServer: { ready: true, seen: null },
  staged: null,
  waiting: null,
  paused: false,
  nowMs: 1_000_000,
  lastSuccessMs: 996_000,
  driftAgoMs: null,
  sees: [],
  ...more,
});
