import type { Clock, Host, StateDirectory } from '../host/host.ts';
import type { Candidate } from '../desired/candidate.ts';
import type { Managed, Plan, Step } from '../plan/change.ts';
import { stepName } from '../plan/change.ts';
import { describeChanges, formatFrom } from '../plan/format-plan.ts';
import type { Commit, LastChange } from '../report/status.ts';
import type { Id, Kinds } from '../resources/kind.ts';
import { apply } from './apply.ts';
import type { BlobStore } from './blobs.ts';
import { blobRefsIn, pruneGenerations, readGeneration, writeGeneration } from './generations.ts';
import { writeLedger, type Ledger } from './ledger.ts';

export type Changing = {
  readonly kinds: Kinds;
  readonly host: Host;
  readonly state: StateDirectory;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  /** Of the candidates: see `Generation`. */
  readonly renderedFor: string;
  readonly announce: (step: Step) => void;
};

export type Changed = { readonly ledger: Ledger; readonly done: LastChange | null };

/**
 * Carries a plan out and makes its candidate the generation in force.
 *
 * INVARIANTS
 *  - Before the first effect, on disk: every byte that the plan replaces or writes, and what was first seen of each
 *    resource that is managed from now on.
 *  - The generation changes only after everything was observed to be as planned.
 */
export async function change(
  plan: Plan,
  head: Commit | null,
  before: Ledger,
  tools: Changing,
): Promise<Changed> {
  const adopted = await adopt(plan, before, tools);
  if (plan.changes.length === 0) return { ledger: await commit(plan, head, adopted, tools), done: null };
  const startedMs = tools.clock.monotonicMs();
  const changes = describeChanges(plan, tools.kinds, (blob) => tools.blobs.text(blob));
  const failure = await attempt(plan, tools);
  const done: LastChange = {
    atMs: tools.clock.now(),
    tookMs: Math.round(tools.clock.monotonicMs() - startedMs),
    of: formatFrom(plan.of.from),
    commit: head,
    changes: changes.map(({ id, why, summary }) => ({ id, why, summary })),
    steps: plan.steps.filter((step) => step.do !== 'enforce').map(stepName),
    failure,
  };
  return { ledger: failure === null ? await commit(plan, head, adopted, tools) : adopted, done };
}

async function attempt(plan: Plan, { kinds, host, announce }: Changing): Promise<string | null> {
  try {
    await apply(plan, kinds, host, async (step) => announce(step));
    return null;
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
}

/** What leaving will put back is on disk before anything is touched. */
async function adopt(plan: Plan, before: Ledger, { state, blobs }: Changing): Promise<Ledger> {
  await blobs.keep(blobRefsIn(plan.changes));
  if (plan.adopts.size === 0) return before;
  const inventory = new Map<Id, Managed>([...before.inventory, ...plan.adopts]);
  await blobs.keep(blobRefsIn([...plan.adopts.values()]));
  const ledger = { ...before, inventory };
  await writeLedger(state, ledger);
  return ledger;
}

async function commit(plan: Plan, head: Commit | null, before: Ledger, tools: Changing): Promise<Ledger> {
  if (plan.packagesFirst) return before;
  const inventory = stillManaged(plan, before);
  const isNew = !('generation' in plan.of.from);
  if (!isNew && inventory.size === before.inventory.size) return before;
  const ledger = { ...before, inventory, generation: isNew ? before.generation + 1 : before.generation };
  if (isNew) await saveGeneration(plan.of, head, ledger.generation, tools);
  await writeLedger(tools.state, ledger);
  if (isNew) await tidy(ledger, tools);
  return ledger;
}

/** What the desired state names, and what it no longer names but could not be put back yet. */
function stillManaged(plan: Plan, before: Ledger): ReadonlyMap<Id, Managed> {
  const named = new Set(plan.of.resources.map(({ id }) => id));
  const forgotten = new Set(plan.forgets);
  const stuck = new Set(plan.refused.map(({ id }) => id));
  return new Map(
    [...before.inventory].filter(([id]) => named.has(id) || (!forgotten.has(id) && stuck.has(id))),
  );
}

async function saveGeneration(
  candidate: Candidate,
  head: Commit | null,
  generation: number,
  tools: Changing,
): Promise<void> {
  const { blobs: _, from: __, ...rest } = candidate;
  tools.blobs.adopt(candidate.blobs);
  await tools.blobs.keep(blobRefsIn(candidate.resources));
  await writeGeneration(tools.state, {
    version: 1,
    generation,
    commit: head,
    atMs: tools.clock.now(),
    renderedFor: tools.renderedFor,
    candidate: rest,
  });
}

async function tidy(ledger: Ledger, { state, blobs }: Changing): Promise<void> {
  const kept = await pruneGenerations(state, ledger.generation);
  const generations = await Promise.all(kept.map((n) => readGeneration(state, n)));
  await blobs.collect(blobRefsIn([generations, [...ledger.inventory.values()]]));
}
