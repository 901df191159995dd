import type { NginxAnswer } from '../host/probes.ts';
import type { UnitFact } from './live-fact.ts';
import type { Proof } from './live-proof.ts';

/**
 * A reload is live when workers run that were not there before. With a bind that is taken `nginx -t` and systemd both
 * say success, and the master goes on with the old configuration and the old workers: it starts new ones
 * only for a configuration that it could carry out whole.
 */
export function proveNginx(fact: UnitFact, answer: NginxAnswer): Proof {
  if ('down' in answer) return { waiting: answer.down };
  const before = fact.nginxWorkers ?? null;
  if (before === null) return { live: true, unproven: 'its workers could not be seen before the reload' };
  if (answer.workers.some((worker) => !before.includes(worker))) return { live: true };
  return {
    waiting:
      'no new worker runs, so the old configuration goes on although systemd says that the reload worked (see /var/log/nginx/error.log)',
  };
}
