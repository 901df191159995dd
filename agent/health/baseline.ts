import type { Probes } from '../host/probes.ts';
import type { Check, CheckId, Failed, Time } from './check.ts';
import { SAMPLE_LIMIT_MS, takeSample, type Sample } from './sample.ts';
import { openStopwatch } from './stopwatch.ts';

/** How this host was before a change. A check in neither list made no sense here then. */
export type Baseline = { readonly passed: readonly CheckId[]; readonly failed: readonly Failed[] };

const SAMPLES = 3;
const BETWEEN_MS = 500;

/**
 * Several samples: what is well only now and then was not well, and must not be demanded afterwards. One in which the
 * process was frozen is none: its failures would excuse the change from what was well.
 */
export async function takeBaseline(
  checks: readonly Check[],
  probes: Probes,
  time: Time,
  samples: number = SAMPLES,
): Promise<Baseline> {
  const watch = openStopwatch(time);
  const taken: Sample[] = [];
  while (taken.length < samples) {
    if (taken.length > 0) await time.sleep(BETWEEN_MS);
    const { found, frozen } = await watch.during(SAMPLE_LIMIT_MS, () => takeSample(checks, probes, time));
    if (!frozen) taken.push(found);
  }
  return baselineOf(checks, taken);
}

/** Pure. Passed: well every time. Failed: unwell at least once, with what was seen last. */
export function baselineOf(
  checks: readonly Pick<Check, 'id'>[],
  samples: readonly Pick<Sample, 'seen'>[],
): Baseline {
  const passed: CheckId[] = [];
  const failed: Failed[] = [];
  for (const { id } of checks) {
    const seen = samples.map((sample) => sample.seen[id]);
    const last = seen.findLast((one) => one?.ok === false);
    if (last?.ok === false) failed.push({ id, seen: last.seen });
    else if (seen.length > 0 && seen.every((one) => one?.ok === true)) passed.push(id);
  }
  return { passed, failed };
}
