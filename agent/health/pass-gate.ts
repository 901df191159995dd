import type { Probes } from '../host/probes.ts';
import type { Check, Time } from './check.ts';
import { addSample, judge, type Gate, type Runs, type Verdict } from './gate.ts';
import { SAMPLE_LIMIT_MS, takeSample, type Sample } from './sample.ts';
import { openStopwatch } from './stopwatch.ts';

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

/** Samples until there is a verdict. After the process was frozen they are counted anew, and none of the time. */
export async function passGate(passing: Passing): Promise<Gated> {
  const { checks, probes, gate, deadlineMs, time, onSample } = passing;
  const fromMs = time.clock.monotonicMs();
  const watch = openStopwatch(time);
  let runs: Runs = new Map();
  for (let samples = 1; ; samples += 1) {
    const { found: sample, frozen } = await watch.during(SAMPLE_LIMIT_MS, () =>
      takeSample(checks, probes, time),
    );
    onSample?.(sample);
    if (!frozen) {
      runs = addSample(runs, sample, checks, gate);
      const overMs = deadlineMs + watch.lostMs();
      // What a sample saw that began in time is not too late, however long it took.
      const limitMs = sample.fromMs < overMs ? Number.POSITIVE_INFINITY : overMs;
      const verdict = judge(runs, checks, gate, sample.toMs, limitMs);
      if (verdict !== null) return { ...verdict, tookMs: sample.toMs - fromMs, samples };
    }
    const slept = await watch.during(EVERY_MS, () => time.sleep(EVERY_MS));
    if (frozen || slept.frozen) runs = new Map();
  }
}
