import type { Probes } from '../host/probes.ts';
import type { Plan } from '../plan/change.ts';
import { keepalivedConf } from './keepalived-conf.ts';
import { touchesManifest } from './manifest.ts';
import { touchesNetwork } from './remote.ts';

/** HAProxy as the lesson has it takes 9 s to notice that a backend is gone (inter 3s, fall 3). */
const USUAL_MS = 10_000;

/**
 * How long a change must be seen to be well. A file that nobody is told about, a package, a unit of its own: three
 * passes say it. What concerns the way of the packets shows late: servers are given up after several checks, and
 * track scripts as well.
 */
export async function steadyMsFor(plan: Pick<Plan, 'changes' | 'steps'>, probes: Probes): Promise<number> {
  const isHarmless =
    !touchesNetwork(plan) &&
    !touchesManifest(plan) &&
    !plan.steps.some((step) => step.do === 'refresh' || isUnit(step));
  if (isHarmless) return 0;
  const conf = await keepalivedConf(probes);
  return Math.max(USUAL_MS, (conf?.slowestScriptMs ?? 0) + 2_000);
}

const isUnit = (step: Plan['steps'][number]): boolean => step.do === 'enforce' && step.id.startsWith('unit[');
