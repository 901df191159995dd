import type { Cluster } from '../desired/cluster.ts';
import type { About, Check, CheckId, Failed, Seen } from './check.ts';
import type { Baseline } from './baseline.ts';
import type { Sample } from './sample.ts';

/**
 * INVARIANTS
 *  - `well` and `degraded` only if everything that is required passed in each of the last `consecutive` samples.
 *  - `unwell` only with a required check that failed in the last sample: time alone is never a verdict, so a change
 *    that was interrupted and is healthy after the reboot is kept.
 *  - After the deadline at most `consecutive` samples more decide.
 */
export type Gate = {
  readonly baseline: Baseline;
  /** Everything is required, also what was unwell before. */
  readonly strict: boolean;
  readonly consecutive: number;
  readonly withinMs: number;
  /** How long passes must go on: some faults take their time to show. */
  readonly steadyMs: number;
  /** How long a failure must go on to count before the window ends: a VRRP hand-over takes its time as well. */
  readonly patienceMs: number;
};

export type Verdict = {
  /** `degraded`: nothing that was well is unwell, and something that was unwell still is. */
  readonly verdict: 'well' | 'degraded' | 'unwell';
  readonly failed: readonly Failed[];
};

/**
 * A hand-over of the VIP takes three adverts and a part of one (RFC 3768, 6.1), 3.6 s with the lesson's; a restart of
 * HAProxy or keepalived comes on top, and the way back to the MASTER.
 */
export function gateOf({ health, vrrp }: Cluster, baseline: Baseline, steadyMs: number): Gate {
  const { withinMs, consecutive } = health;
  return {
    baseline,
    strict: health.baseline === 'strict',
    consecutive,
    withinMs,
    steadyMs: Math.min(steadyMs, withinMs / 2),
    patienceMs: Math.min(Math.max(6_000, 3.6 * vrrp.advertIntervalMs + 4_000), withinMs),
  };
}

/**
 * After a reboot in the middle everything starts at once, API servers last, and the change is not to blame for it: the
 * window is at least as long as a start may take, and nothing ends it early but health.
 */
export function gateAfterBoot(gate: Gate): Gate {
  const withinMs = Math.max(gate.withinMs, START_MS);
  return { ...gate, withinMs, patienceMs: withinMs };
}
const START_MS = 300_000;

/** One check's last samples that were alike. */
type Run = {
  readonly passes: boolean;
  readonly count: number;
  readonly sinceMs: number;
  readonly seen: string;
};
export type Runs = ReadonlyMap<CheckId, Run>;
type Judged = readonly Pick<Check, 'id' | 'about'>[];

export const addSample = (runs: Runs, sample: Sample, checks: Judged, gate: Gate): Runs =>
  new Map(checks.map((check) => [check.id, nextRun(runs.get(check.id), sample, check, gate)]));

function nextRun(
  before: Run | undefined,
  sample: Sample,
  { id, about }: Judged[number],
  { baseline }: Gate,
): Run {
  const seen: Seen = sample.seen[id] ?? { ok: null, why: 'it was not checked' };
  // Other hosts may go, and that says nothing: what they saw last stands.
  if (seen.ok === null && about === 'witness' && before !== undefined)
    return { ...before, count: before.count + 1 };
  // What made sense before, and passed, must not have stopped making sense.
  const passes = seen.ok ?? (about === 'witness' || !baseline.passed.includes(id));
  const words = seen.ok === false ? seen.seen : seen.ok === null ? seen.why : '';
  return before?.passes === passes
    ? { ...before, count: before.count + 1, seen: words }
    : { passes, count: 1, sinceMs: sample.fromMs, seen: words };
}

/** Pure. `null`: go on sampling. `toMs`: when the last sample ended. */
export function judge(
  runs: Runs,
  checks: Judged,
  gate: Gate,
  toMs: number,
  deadlineMs: number,
): Verdict | null {
  const isOver = toMs >= deadlineMs;
  const required = checks.filter((check) => isRequired(check, gate));
  const run = ({ id }: { id: CheckId }): Run => runs.get(id)!;
  const lasts = (check: { id: CheckId }, ms: number, count: number = gate.consecutive): boolean =>
    run(check).count >= count && (isOver || toMs - run(check).sinceMs >= ms);
  const failing = required.filter((check) => !run(check).passes);
  const fail = failing.filter((check) => isOver || lasts(check, gate.patienceMs, MORE_THAN_CHANCE));
  if (fail.length > 0) return { verdict: 'unwell', failed: told(fail, runs) };
  if (failing.length > 0 || !required.every((check) => lasts(check, gate.steadyMs))) return null;

  const excused = checks.filter(({ id, about }) => about !== 'remote' && !required.some((r) => r.id === id));
  const stillUnwell = excused.filter((check) => !run(check).passes);
  // What was unwell gets as long to recover as what is well gets to fail.
  if (stillUnwell.some((check) => isOver || lasts(check, gate.patienceMs, MORE_THAN_CHANCE)))
    return { verdict: 'degraded', failed: told(stillUnwell, runs) };
  const isRecovered = stillUnwell.length === 0 && (isOver || excused.every((check) => lasts(check, 0)));
  return isRecovered ? { verdict: 'well', failed: [] } : null;
}

/** A failing sample may take as long as its time-outs, so few of them are enough when they span the time. */
const MORE_THAN_CHANCE = 2;

/** Git is never a required check by itself (greenboot#90), not even strictly: only losing it counts. */
function isRequired({ id, about }: { id: CheckId; about: About }, { baseline, strict }: Gate): boolean {
  return about === 'local' || baseline.passed.includes(id) || (strict && about !== 'remote');
}

const told = (checks: Judged, runs: Runs): readonly Failed[] =>
  checks.map(({ id }) => ({ id, seen: runs.get(id)?.seen ?? '' }));
