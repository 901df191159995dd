import type { Host } from '../host/host.ts';
import type { Change, Plan, Step } from '../plan/change.ts';
import { AT_REST, observe } from '../plan/observe.ts';
import { kindOf, type Id, type Kinds } from '../resources/kind.ts';
import { madeDurable } from './made-durable.ts';
import { runSteps } from './run-steps.ts';

/**
 * INVARIANTS
 *  - It does what the plan says and nothing else: it sees no configuration and no repository.
 *  - The first step that fails is the last one: what was done is taken back, not built upon.
 *  - Afterwards what is observed is what was planned, or it is a failure.
 */
export async function apply(
  plan: Pick<Plan, 'changes' | 'steps'>,
  kinds: Kinds,
  host: Host,
  announce: (step: Step, n: number) => Promise<void>,
): Promise<void> {
  await runSteps(plan.steps, kinds, host, announce);
  await madeDurable(plan.steps, host);
  const wrong = await unlike(plan.changes, kinds, host);
  if (wrong.size > 0) throw new NotAsPlanned(wrong);
}

/** Every command succeeded, and yet the host is not what was planned: somebody else writes it, or a tool lies. */
export class NotAsPlanned extends Error {
  override readonly name = 'NotAsPlanned';
  readonly ids: readonly Id[];
  constructor(wrong: ReadonlyMap<Id, string>) {
    super(`after the change the host is not what was planned: ${[...wrong.values()].join('; ')}`);
    this.ids = [...wrong.keys()];
  }
}

/** Which of these is not what it was to become, each with a clause. */
export async function unlike(
  changes: readonly Change[],
  kinds: Kinds,
  host: Host,
): Promise<ReadonlyMap<Id, string>> {
  const asked = new Map(changes.map(({ id, scope }) => [id, scope]));
  const { states, unknown } = await observe(asked, kinds, host);
  const wrong = new Map<Id, string>();
  for (const { id, to, secret } of changes) {
    const state = states.get(id);
    const kind = kindOf(id, kinds);
    if (state === undefined) wrong.set(id, `${id}: ${unknown.get(id) ?? AT_REST}`);
    else if (!kind.settled(to, state)) {
      const { summary } = kind.describe(state, to, { secret, text: () => '' });
      wrong.set(id, `${id} still needs: ${summary.join(', ') || 'a change that cannot be named'}`);
    }
  }
  return wrong;
}
