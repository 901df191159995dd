import type { Host } from '../host/host.ts';
import type { Managed, Plan, Step } from '../plan/change.ts';
import { stepName } from '../plan/change.ts';
import { describeChanges, formatFrom } from '../plan/format-plan.ts';
import type { Commit, LastChange } from '../report/status.ts';
import { same, type Id, type Kinds, type Notify } from '../resources/kind.ts';
import { apply } from './apply.ts';
import { commit, tidy, type Committing } from './commit.ts';
import { blobRefsIn } from './generations.ts';
import { writeLedger, type Ledger } from './ledger.ts';
import type { Recovered } from './recover.ts';

export type Changing = Committing & {
  readonly kinds: Kinds;
  readonly host: Host;
  readonly announce: (step: Step) => void;
};

export type Changed = { readonly ledger: Ledger; readonly done: LastChange | null };

/**
 * Carries a plan out and makes its candidate the generation in force. `head`: the commit that a new candidate is of.
 *
 * INVARIANTS
 *  - Before the first effect, on disk: every byte that the plan replaces or writes, what was first seen of each
 *    resource that is managed from now on, and which units are to be refreshed.
 *  - The generation changes only after everything was observed to be as planned.
 */
export async function change(
  plan: Plan,
  head: Commit | null,
  before: Pick<Recovered, 'ledger' | 'committed'>,
  tools: Changing,
): Promise<Changed> {
  const of = 'generation' in plan.of.from ? (before.committed?.commit ?? null) : head;
  const begun = { ...before, ledger: await begin(plan, before.ledger, tools) };
  const done = plan.steps.length === 0 ? null : await attempt(plan, of, tools);
  if (done !== null && done.failure !== null) return { ledger: begun.ledger, done };
  const ledger = plan.packagesFirst ? begun.ledger : await commit(plan, of, begun, tools);
  if (done !== null || ledger.generation !== before.ledger.generation) await tidy(ledger, tools);
  return { ledger, done };
}

async function attempt(
  plan: Plan,
  of: Commit | null,
  { kinds, host, blobs, clock, announce }: Changing,
): Promise<LastChange> {
  const startedMs = clock.monotonicMs();
  const changes = describeChanges(plan, kinds, (blob) => blobs.text(blob));
  const failure = await apply(plan, kinds, host, async (step) => announce(step)).then(
    () => null,
    (cause: unknown) => (cause instanceof Error ? cause.message : String(cause)),
  );
  return {
    atMs: clock.now(),
    tookMs: Math.round(clock.monotonicMs() - startedMs),
    of: formatFrom(plan.of.from),
    commit: of,
    changes: changes.map(({ id, why, summary }) => ({ id, why, summary })),
    steps: plan.steps.filter((step) => step.do !== 'enforce').map(stepName),
    failure,
  };
}

/** What going back or going on needs is on disk before anything is touched. */
async function begin(plan: Plan, before: Ledger, { state, blobs }: Changing): Promise<Ledger> {
  // What was managed before was first seen in an earlier cycle, and its bytes have been kept since.
  const seenNow = [...plan.adopts.values()].filter(({ id }) => !before.inventory.has(id));
  await blobs.keep(blobRefsIn([plan.changes, seenNow]));
  const inventory = new Map<Id, Managed>([...before.inventory, ...plan.adopts]);
  const due = unique([...before.due, ...plan.changes.flatMap(({ notify }) => notify)]);
  if (plan.adopts.size === 0 && due.length === before.due.length) return before;
  const ledger = { ...before, inventory, due };
  await writeLedger(state, ledger);
  return ledger;
}

const unique = (notified: readonly Notify[]): readonly Notify[] =>
  notified.filter((one, at) => notified.findIndex((other) => same(one, other)) === at);
