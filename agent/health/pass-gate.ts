import type { Probes } from '../host/probes.ts';
import type { Check, Time } from './check.ts';
import { addSample, judge, type Gate, type Runs, type Verdict } from './gate.ts';
import { SAMPLE_LIMIT_MS, takeSample, type Sample } from './sample.ts';

export type Gated = Verdict & { readonly tookMs: number; readonly samples: number };

export type Passing = {
  readonly checks: readonly Check[];
  readonly probes: Probes;
  readonly gate: Gate;
  /** Monotonic milliseconds of this boot. After a restart of the agent it is the same one, and counting starts anew. */
  readonly deadlineMs: number;
  readonly time: Time;
  /** For the watchdog, and for whoever wants to see what goes on. */
  readonly onSample?: (sample: Sample) => void;
};

const EVERY_MS = 1_000;

/** Samples until there is a verdict. */
export async function passGate(passing: Passing): Promise<Gated> {
  const { checks, probes, gate, deadlineMs, time, onSample } = passing;
  const fromMs = time.clock.monotonicMs();
  let runs: Runs = new Map();
  for (let samples = 1; ; samples += 1) {
    const sample = await takeSample(checks, probes, time);
    onSample?.(sample);
    if (!wasInterrupted(sample)) {
      runs = addSample(runs, sample, checks, gate);
      const verdict = judge(runs, checks, gate, sample.toMs, deadlineMs);
      if (verdict !== null) return { ...verdict, tookMs: sample.toMs - fromMs, samples };
    }
    await time.sleep(EVERY_MS);
  }
}

/** A process that was frozen finds all its limits passed when it wakes up: what it saw then says nothing. */
const wasInterrupted = ({ fromMs, toMs }: Sample): boolean => toMs - fromMs > SAMPLE_LIMIT_MS + 5_000;
