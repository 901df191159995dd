import type { LastChange } from '../report/status.ts';

/** Counted since the agent started; Prometheus knows what a counter that begins anew means. */
export type Tally = {
  readonly changes: number;
  /** Resources, not transactions. */
  readonly driftCorrected: number;
  readonly rollbacks: number;
};

export const NOTHING_COUNTED: Tally = { changes: 0, driftCorrected: 0, rollbacks: 0 };

/** With the transactions that ended in a cycle. One that is stuck has not ended. */
export function tallied(tally: Tally, done: readonly LastChange[]): Tally {
  const kept = done.filter(({ end }) => end === 'committed' || end === 'degraded');
  const drift = kept.flatMap(({ changes }) => changes.filter(({ why }) => why === 'drift'));
  return {
    changes: tally.changes + kept.length,
    driftCorrected: tally.driftCorrected + drift.length,
    rollbacks: tally.rollbacks + done.filter(({ end }) => end === 'rolled back').length,
  };
}
