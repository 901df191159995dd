import type { Host, Json } from '../host/host.ts';
import { observe } from '../plan/observe.ts';
import type { Plan, Step } from '../plan/change.ts';
import { kindOf, parts, type Id, type Kinds } from '../resources/kind.ts';
import { runSteps } from './run-steps.ts';

/**
 * INVARIANTS
 *  - It does what the plan says and nothing else: it sees no configuration and no repository.
 *  - Afterwards what is observed is what was planned, or it is a failure.
 *  - What must be on disk before the first effect (bytes to go back to, what was first seen) is the caller's to keep.
 */
export async function apply(
  plan: Plan,
  kinds: Kinds,
  host: Host,
  announce: (step: Step) => Promise<void>,
): Promise<void> {
  await runSteps(plan.steps, kinds, host, announce);
  const mismatches = await notAsPlanned(plan, kinds, host);
  if (mismatches.length > 0) throw new NotAsPlanned(mismatches);
}

/** Every command succeeded, and yet the host is not what was planned: somebody else writes it, or a tool lies. */
export class NotAsPlanned extends Error {
  override readonly name = 'NotAsPlanned';
  constructor(mismatches: readonly string[]) {
    super(`after the change the host is not what was planned: ${mismatches.join('; ')}`);
  }
}

async function notAsPlanned(plan: Plan, kinds: Kinds, host: Host): Promise<readonly string[]> {
  const planned = new Map<Id, Json>(plan.changes.map((change) => [change.id, change.to]));
  const asked = new Map(plan.changes.map((change) => [change.id, change.scope]));
  const { states, unknown } = await observe(asked, kinds, host);
  const mismatches = [...unknown].map(([id, why]) => `${id}: ${why}`);
  for (const [id, state] of states) {
    const kind = kindOf(id, kinds);
    if (kind.settled(planned.get(id)!, state)) continue;
    const secret = plan.changes.find((change) => change.id === id)!.secret;
    const { summary } = kind.describe(state, planned.get(id)!, { secret, text: () => '' });
    mismatches.push(
      `${id} (${parts(id)[0]}) still needs: ${summary.join(', ') || 'a change that cannot be named'}`,
    );
  }
  return mismatches;
}
