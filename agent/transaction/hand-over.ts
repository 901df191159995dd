import { isHaproxy, isKeepalived, isNginx } from '../health/live-facts.ts';
import type { Step } from '../plan/change.ts';
import { parts } from '../resources/kind.ts';
import { giveAway, type Given } from './give-away.ts';
import { hasNoPart, type HandOverTools, type Place } from './hand-over-tools.ts';
import { lastResort } from './put-right.ts';

// INVARIANTS
// 1. A handover never fails a change: where it does not work, the restart goes on without it, and it is said.
// 2. The address is not given away where nobody can take it, and every wait is bounded.
// 3. Whatever ends the agent in the middle: new connections are let in again by themselves, and the next agent puts
//    this host's priority right (`putRight`). The file is on /run, so a boot does as well.

/** Where a plan restarts or stops what the virtual IP lives on, `before` each step. It says what it does. */
export function leaving(
  place: Place | null,
  tools: HandOverTools | null,
): { readonly before: (step: Step) => Promise<void> } {
  let isDone = false;
  const before = async (step: Step): Promise<void> => {
    const priority = place?.role.priority ?? null;
    if (isDone || place === null || tools === null || priority === null) return;
    const ends = interrupted(step, place);
    if (ends === null) return;
    isDone = true;
    const fromMs = tools.time.clock.monotonicMs();
    const given = await giveAway(place, lastResort(priority), tools);
    if (given === 'not here') return;
    tell(given, `before ${ends}`, fromMs, tools);
  };
  return { before };
}

/**
 * Which of them a step restarts, or stops because another load balancer takes its place or this host is released, as a
 * clause. `null`: none. A keepalived that is stopped gives the address away by itself, and cuts what is open: where it
 * is not to come back, that is avoided.
 */
function interrupted(step: Step, place: Place): string | null {
  if (step.do === 'refresh' && step.action === 'restart')
    return isBalancer(step.unit) || isKeepalived(step.unit) ? `${step.unit} is restarted` : null;
  if (step.do !== 'enforce') return null;
  const [kind, unit] = parts(step.id);
  const goes = isBalancer(unit) || (hasNoPart(place) && isKeepalived(unit));
  return kind === 'unit' && goes && isStopped(step.to) ? `${unit} is stopped` : null;
}

const isStopped = (state: unknown): boolean =>
  state === null || (typeof state === 'object' && 'running' in state && state.running === false);

const isBalancer = (unit: string): boolean => isHaproxy(unit) || isNginx(unit);

/** What is usual is a debug line. */
const USUAL_MS = 3_000;

export function tell(
  given: Exclude<Given, 'not here'>,
  why: string,
  fromMs: number,
  tools: HandOverTools,
): void {
  const tookMs = Math.round(tools.time.clock.monotonicMs() - fromMs);
  const seconds = `${(tookMs / 1000).toFixed(1)} s`;
  if (given !== 'given')
    return tools.log.info({
      event: 'vip-kept',
      sentence: `The virtual IP could not be given away ${why}: ${given.kept}. Clients may notice.`,
      tookMs,
    });
  tools.log[tookMs > USUAL_MS ? 'info' : 'debug']({
    event: 'vip-given-away',
    sentence: `The virtual IP was given away ${why}; another node had it after ${seconds}.`,
    tookMs,
  });
}
