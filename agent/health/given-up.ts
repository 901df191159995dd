import type { Plan } from '../plan/change.ts';
import { parts, type Id } from '../resources/kind.ts';

/** What this host no longer does for the cluster once a plan is done: nobody asks for it afterwards. */
export type GivenUp = 'vrrp' | 'balancer' | 'vip';

/**
 * Only of a desired state that names nothing (`holdfast release`). A commit that takes haproxy.cfg out of the
 * repository is far more often a mistake than a wish, and is judged by what was well before.
 */
export function givenUp({ of, changes }: Pick<Plan, 'of' | 'changes'>): readonly GivenUp[] {
  if (of.resources.length > 0) return [];
  const found: GivenUp[] = [];
  if (changes.some(({ id, to }) => id === 'unit[keepalived.service]' && !runs(to))) found.push('vrrp');
  if (changes.some(({ id }) => isOfBalancer(id))) found.push('balancer');
  return found;
}

/** Units that go back to running, or are told of what goes back: they must be well with it. */
export function unitsAfter({
  of,
  changes,
  steps,
}: Pick<Plan, 'of' | 'changes' | 'steps'>): readonly string[] {
  if (of.resources.length > 0) return [];
  const started = changes.flatMap(({ id, to }) => (id.startsWith('unit[') && runs(to) ? [parts(id)[1]] : []));
  const refreshed = steps.flatMap((step) => (step.do === 'refresh' ? [step.unit] : []));
  return [...new Set([...started, ...refreshed])];
}

const isOfBalancer = (id: Id): boolean =>
  ['haproxy', 'nginx'].some((name) => id.startsWith(`file[/etc/${name}/`) || id === `unit[${name}.service]`);

export const runs = (state: unknown): boolean =>
  typeof state === 'object' && state !== null && 'running' in state && state.running === true;
