import type { Host } from '../host/host.ts';
import { AT_REST, observe } from '../plan/observe.ts';
import type { Plan, Step } from '../plan/change.ts';
import { kindOf, type Kinds } from '../resources/kind.ts';
import { runWhatCanBe } from './run-steps.ts';

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
  await host.live?.ready();
  await runWhatCanBe(plan, kinds, host, announce);
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
  const asked = new Map(plan.changes.map((change) => [change.id, change.scope]));
  const { states, unknown } = await observe(asked, kinds, host);
  return plan.changes.flatMap(({ id, to, secret }) => {
    const state = states.get(id);
    if (state === undefined) return [`${id}: ${unknown.get(id) ?? AT_REST}`];
    const kind = kindOf(id, kinds);
    if (kind.settled(to, state)) return [];
    const { summary } = kind.describe(state, to, { secret, text: () => '' });
    return [`${id} still needs: ${summary.join(', ') || 'a change that cannot be named'}`];
  });
}
