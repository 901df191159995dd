import type { Probes } from '../host/probes.ts';
import type { Plan } from '../plan/change.ts';
import { takeBaseline } from './baseline.ts';
import type { Check, Time } from './check.ts';
import { checksFor, healthFacts, type HealthFacts, type Others } from './checks-for.ts';
import { gateAfterBoot, gateOf, type Gate } from './gate.ts';
import type { LiveFact } from './live-fact.ts';
import { liveFacts } from './live-facts.ts';
import { waitUntilLive, type Lived } from './live.ts';
import { passGate, type Gated } from './pass-gate.ts';
import { takeSample, type Sample } from './sample.ts';
import { StoppedMeanwhile } from './stopped.ts';
import { steadyMsFor } from './steady.ts';

/** How this host was before a change, and what is demanded after it: plain JSON for the journal. */
export type Before = {
  readonly facts: HealthFacts;
  readonly gate: Gate;
  readonly live: readonly LiveFact[];
  /** Where the virtual IP itself moves: the same with the address that a way back leads to. */
  readonly back?: { readonly facts: HealthFacts; readonly gate: Gate };
};

export type Judged = Gated & {
  /** The virtual IP answered in the last sample. */
  readonly vipWell: boolean;
  /** Why no other host could say what it sees of the virtual IP, a clause; `null`: one could, or need not. */
  readonly unwitnessed: string | null;
};

/** Monotonic milliseconds of this boot; `stopping`: the agent is to end, and the verdict is left to the next one. */
export type Until = { readonly deadlineMs: number; readonly stopping: AbortSignal };

/** What the transaction asks about this host's health. */
export interface Health {
  /** Several samples, before the first step. */
  look(plan: Plan): Promise<Before>;
  waitUntilLive(before: Before, until: Until): Promise<Lived>;
  /** `afterBoot`: everything starts at once then, and gets the time for it. */
  passGate(before: Before, afterBoot: boolean, until: Until): Promise<Judged>;
  /** After a way back: a clause that says whether, and how soon, the virtual IP answers. `null`: it never did. */
  vipAfter(before: Before): Promise<string | null>;
}

/** So long somebody waits for the virtual IP after a way back, to say when it came. */
const VIP_BACK_MS = 30_000;

export type Looking = { readonly others: Others | null; readonly onSample: (sample: Sample) => void };

const ALONE: Looking = { others: null, onSample: () => undefined };

/** What the checks of the last gate saw, by check. */
export type LastSample = () => Sample['seen'];

export function openHealth(probes: Probes, time: Time, { others, onSample }: Looking = ALONE): Health {
  const { clock } = time;
  const checksOf = (facts: HealthFacts): readonly Check[] => checksFor(facts, clock, others);
  return {
    look: async (plan) => {
      const facts = healthFacts(plan);
      const baseline = await takeBaseline(checksOf(facts), probes, time);
      const gate = gateOf(facts.cluster, baseline, await steadyMsFor(plan, probes));
      return { facts, gate, live: await liveFacts(plan, probes, facts) };
    },
    waitUntilLive: ({ live }, { deadlineMs, stopping }) =>
      waitUntilLive({ facts: live, probes, deadlineMs, time: stoppable(time, stopping) }),
    passGate: async ({ facts, gate }, afterBoot, { deadlineMs, stopping }) => {
      const checks = checksOf(facts);
      let last: Sample | null = null;
      const gated = await passGate({
        checks,
        probes,
        gate: afterBoot ? gateAfterBoot(gate) : gate,
        deadlineMs,
        time: stoppable(time, stopping),
        onSample: (sample) => {
          last = sample;
          onSample(sample);
        },
      });
      const vipWell = last !== null && vipIsWell(last, checks);
      return { ...gated, vipWell, unwitnessed: last === null ? null : unwitnessed(last, checks) };
    },
    vipAfter: (before) => {
      const { facts, gate } = before.back ?? before;
      return vipAfter(checksOf(facts), gate, probes, time);
    },
  };
}

/** Whoever sleeps is where a stop is noticed: between two samples, never within one. */
const stoppable = (time: Time, stopping: AbortSignal): Time => ({
  ...time,
  sleep: async (ms, signal) => {
    if (signal !== undefined) return time.sleep(ms, signal);
    if (!stopping.aborted) await time.sleep(ms, stopping);
    if (stopping.aborted) throw new StoppedMeanwhile();
  },
});

const aboutVip = (checks: readonly Check[]): readonly Check[] =>
  checks.filter(({ about }) => about === 'vip' || about === 'witness');

function vipIsWell({ seen }: Sample, checks: readonly Check[]): boolean {
  const vip = aboutVip(checks);
  return (
    vip.some(({ id }) => seen[id]?.ok === true) &&
    vip.every(({ id, about }) => seen[id]?.ok ?? about === 'witness')
  );
}

function unwitnessed({ seen }: Sample, checks: readonly Check[]): string | null {
  const one = checks.find(({ about }) => about === 'witness');
  const found = one === undefined ? undefined : seen[one.id];
  return found?.ok === null ? found.why : null;
}

async function vipAfter(
  all: readonly Check[],
  gate: Gate,
  probes: Probes,
  time: Time,
): Promise<string | null> {
  const checks = aboutVip(all).filter(({ id }) => gate.baseline.passed.includes(id));
  if (checks.length === 0) return null;
  const fromMs = time.clock.monotonicMs();
  for (;;) {
    const sample = await takeSample(checks, probes, time);
    const tookMs = sample.toMs - fromMs;
    if (vipIsWell(sample, checks))
      return `the virtual IP answers ${tookMs < 1_000 ? 'at once' : `again after ${(tookMs / 1000).toFixed(1)} s`}`;
    if (tookMs >= VIP_BACK_MS)
      return `the virtual IP does not answer ${VIP_BACK_MS / 1000} s later: ${unwellIn(sample)}`;
    await time.sleep(500);
  }
}

const unwellIn = ({ seen }: Sample): string =>
  Object.entries(seen)
    .flatMap(([id, one]) => (one.ok === false ? [`${id}: ${one.seen}`] : []))
    .join('; ');
