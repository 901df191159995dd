import { expect, test } from 'vitest';
import { NOTHING_SEEN } from '../../../agent/fleet/view.ts';
import { peerStatusOf, type SelfFacts } from '../../../agent/fleet/peer-status-of.ts';
import { readPeerStatus } from '../../../agent/fleet/read-peer-status.ts';
import { writePeerStatus } from '../../../agent/fleet/write-peer-status.ts';
import { fold, IDLE, type Phase } from '../../../agent/transaction/phase.ts';
import { NEW_LEDGER } from '../../../agent/transaction/ledger.ts';
import { commitOf } from '../../support/desired.ts';
import { changeOf, statusOf, takenBackOf } from '../../support/status.ts';
import { beginOf } from '../commands/begin-of.ts';

const factsOf = (more: Partial<SelfFacts> = {}): SelfFacts => ({
  release: '1.0.0',
  hostname: 'kubernetes-node-1',
  status: statusOf({ source: { ok: true, why: null, head: commitOf(2).sha, sinceMs: 0 } }),
  phase: IDLE,
  ledger: { ...NEW_LEDGER, generation: 4 },
  view: NOTHING_SEEN,
  settledMs: 12_000,
  staged: null,
  waiting: null,
  paused: false,
  nowMs: 1_000_000,
  lastSuccessMs: 999_000,
  ...more,
});
const verifying: Phase = fold([
  beginOf({ commit: commitOf(2) }),
  { t: 'step', n: 0 },
  { t: 'verify', deadline: { boot: 'boot 1', monotonicMs: 1 } },
]);

test('a host at rest says what is in force, what it follows, and since when it is settled', () => {
  expect(peerStatusOf(factsOf())).toMatchObject({
    hostname: 'kubernetes-node-1',
    role: 'MASTER',
    head: commitOf(2).sha,
    commit: commitOf(1).sha,
    generation: 4,
    phase: 'idle',
    changing: null,
    settledMs: 12_000,
  });
});

test('while something is under way it is said what, and nothing is settled', () => {
  expect(peerStatusOf(factsOf({ phase: verifying }))).toMatchObject({
    phase: 'verifying',
    changing: commitOf(2).sha,
    settledMs: null,
  });
  const back = fold([
    beginOf({ commit: commitOf(2) }),
    { t: 'back', why: { where: 'gate', seen: 'x' }, quarantine: true },
  ]);
  expect(peerStatusOf(factsOf({ phase: back })).phase).toBe('rolling back');
});

test('commits that were taken back are named with the reason; what was not a commit is not', () => {
  const one = { tx: 2, atMs: 0, of: 'commit', why: 'connection refused', pairs: [] };
  const ledger = {
    ...NEW_LEDGER,
    quarantine: [
      { ...one, commit: commitOf(2) },
      { ...one, commit: null },
    ],
  };
  expect(peerStatusOf(factsOf({ ledger })).takenBack).toEqual([
    { commit: commitOf(2).sha, why: 'connection refused' },
  ]);
});

test('drift counts from when it was put right', () => {
  const drift = (lastDrift: ReturnType<typeof changeOf>) =>
    peerStatusOf(factsOf({ status: statusOf({ lastDrift }) })).driftAgoMs;
  expect(drift(changeOf({ atMs: 940_000 }))).toBe(60_000);
  expect(drift(changeOf({ atMs: 2_000_000 }))).toBe(0);
  expect(drift(takenBackOf())).toBeNull();
});

test('a host that has not ended a cycle yet claims nothing, and peers can read it', () => {
  const status = peerStatusOf(factsOf({ status: null, settledMs: null, lastSuccessMs: null }));
  expect(status).toMatchObject({ role: null, commit: null, outcome: 'nothing known', driftAgoMs: null });
  expect(readPeerStatus(writePeerStatus(status))).toEqual({ ...status, sees: [] });
});
