import type { HaproxyAnswer } from '../host/probes.ts';
import type { UnitFact } from './live-fact.ts';
import type { Proof } from './live-proof.ts';

/**
 * A reload is live when the worker that it started runs. With a bind that is taken `haproxy -c` and systemd both say
 * success, and the old worker goes on with the old configuration until the next restart loses HAProxy (measured,
 * 3.0.11): only the master process tells.
 */
export function proveHaproxy(fact: UnitFact, answer: HaproxyAnswer): Proof {
  if ('noSocket' in answer)
    return {
      live: true,
      unproven: 'its master process has no socket (-S), so a reload that failed would not show',
    };
  if ('down' in answer) return { waiting: answer.down };
  if ('silent' in answer) return { waiting: `its master process does not answer: ${answer.silent}` };
  if (fact.haproxyReloads === null)
    return answer.failed === 0 && answer.workerOfLastReload
      ? { live: true, unproven: 'its master process could not be asked before the reload' }
      : { dead: failedInWords(answer.alerts) };
  if (answer.reloads <= fact.haproxyReloads) return { waiting: 'it has not reloaded yet' };
  if (answer.failed > 0) return { dead: failedInWords(answer.alerts) };
  return answer.workerOfLastReload ? { live: true } : { waiting: 'the new worker does not run yet' };
}

const MOST_ALERTS = 3;
function failedInWords(alerts: readonly string[]): string {
  const said = alerts.slice(0, MOST_ALERTS).join(' ');
  return `the reload failed although systemd says it worked, and the old configuration goes on${said === '' ? '' : `: ${said}`}`;
}
