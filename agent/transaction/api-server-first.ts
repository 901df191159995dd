import type { Before } from '../health/health.ts';
import { LIVE_LIMIT_MS } from '../health/live.ts';
import { isHaproxy, isNginx } from '../health/live-facts.ts';
import type { Step } from '../plan/change.ts';
import { parts } from '../resources/kind.ts';
import type { Transacting } from './transacting.ts';

/**
 * An API server on all addresses and a load balancer on the virtual IP exclude each other (EADDRINUSE, whichever comes second).
 * A plan that takes the API server to its node's address and brings HAProxy or nginx as well must therefore wait in between:
 * kubelet sees the manifest, ends the old API server and starts the new one in its own time.
 *
 * Once, `before` the first step that starts the load balancer or has it read its configuration. Throws what the wait for a daemon
 * says when it is over.
 */
export function apiServerFirst(
  health: Before | null,
  {
    health: asked,
    clock,
    stopping,
    progress,
  }: Pick<Transacting, 'health' | 'clock' | 'stopping' | 'progress'>,
): { readonly before: (step: Step) => Promise<void> } {
  const live = (health?.live ?? []).filter((fact) => !('unit' in fact) && fact.shallRun);
  let isDone = health === null || asked === null || live.length === 0;
  const before = async (step: Step): Promise<void> => {
    if (isDone || health === null || asked === null || !concernsBalancer(step)) return;
    isDone = true;
    progress('applying: the load balancer comes when the API server runs with the change');
    const deadlineMs = clock.monotonicMs() + LIVE_LIMIT_MS;
    const lived = await asked.waitUntilLive({ ...health, live }, { deadlineMs, stopping });
    if (!lived.live) throw new Error(lived.failed.map(({ id, seen }) => `${id}: ${seen}`).join('; '));
  };
  return { before };
}

const isBalancer = (unit: string): boolean => isHaproxy(unit) || isNginx(unit);

const concernsBalancer = (step: Step): boolean =>
  (step.do === 'refresh' && isBalancer(step.unit)) ||
  (step.do === 'enforce' && parts(step.id)[0] === 'unit' && isBalancer(parts(step.id)[1]));
