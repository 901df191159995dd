import type { Clock, StateDirectory } from '../host/host.ts';
import type { Candidate } from '../desired/candidate.ts';
import { isInForce, type Managed, type Plan } from '../plan/change.ts';
import type { Commit } from '../report/status.ts';
import { canonical, same } from '../resources/kind.ts';
import type { BlobStore } from './blobs.ts';
import {
  blobRefsIn,
  GenerationDamaged,
  pruneGenerations,
  readGeneration,
  writeGeneration,
  type Generation,
} from './generations.ts';
import type { Ledger } from './ledger.ts';

export type Committing = {
  readonly state: StateDirectory;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly renderedFor: () => string;
};

/** What is in force and managed once a plan was carried out. `of`: the commit that it is of. */
export type Committed = {
  readonly of: Commit | null;
  readonly generation: number;
  readonly inventory: Ledger['inventory'];
};

/**
 * Keeps the plan's candidate as the generation that it will be, before anything is done for it. Packages come first
 * and leave the generation as it is. `head`: the commit that a new candidate is of.
 */
export async function prepareCommit(
  plan: Plan,
  head: Commit | null,
  before: { readonly ledger: Ledger; readonly committed: Generation | null },
  tools: Committing,
): Promise<Committed> {
  const of = isInForce(plan.of) ? (before.committed?.commit ?? null) : head;
  const { generation } = before.ledger;
  const inventory = new Map([...before.ledger.inventory, ...plan.adopts]);
  if (plan.packagesFirst) return { of, generation, inventory };
  const isNew = isAnother(plan.of, of, tools.renderedFor(), before.committed);
  if (isNew) await saveGeneration(plan.of, of, generation + 1, tools);
  return { of, generation: isNew ? generation + 1 : generation, inventory: stillManaged(plan, inventory) };
}

/** What is managed from now on, or more of it is. Of the rest, the bytes have been kept since it was first seen. */
export const seenNow = ({ inventory }: Pick<Committed, 'inventory'>, before: Ledger): readonly Managed[] =>
  [...inventory.values()].filter(({ id, first }) => {
    const known = before.inventory.get(id);
    return known === undefined || !same(known.first, first);
  });

/** What the desired state names, and what it no longer names but could not be put back yet. */
function stillManaged(plan: Plan, inventory: Ledger['inventory']): Ledger['inventory'] {
  const named = new Set(plan.of.resources.map(({ id }) => id));
  const stuck = new Set([...plan.waiting, ...plan.refused].map(({ id }) => id));
  return new Map([...inventory].filter(([id]) => named.has(id) || stuck.has(id)));
}

/** A directory, or a commit that is rendered anew in every cycle, is a new generation only when it says something else. */
function isAnother(
  candidate: Candidate,
  head: Commit | null,
  renderedFor: string,
  committed: Generation | null,
): boolean {
  if (isInForce(candidate)) return false;
  if (committed?.renderedFor !== renderedFor || committed.commit?.sha !== head?.sha) return true;
  const rendered = (of: Omit<Candidate, 'blobs' | 'from'>): string => canonical(of);
  return rendered(withoutBytes(candidate)) !== rendered(committed.candidate);
}

function withoutBytes({ blobs: _, from: __, ...rest }: Candidate): Omit<Candidate, 'blobs' | 'from'> {
  return rest;
}

/** Its bytes first: a generation is never there without them. */
async function saveGeneration(
  candidate: Candidate,
  head: Commit | null,
  generation: number,
  { state, blobs, clock, renderedFor }: Committing,
): Promise<void> {
  blobs.adopt(candidate.blobs);
  await blobs.keep(blobRefsIn(candidate.resources));
  await writeGeneration(state, {
    version: 1,
    generation,
    commit: head,
    atMs: clock.now(),
    renderedFor: renderedFor(),
    candidate: withoutBytes(candidate),
  });
}

/** Takes away old generations, and the bytes that nothing refers to any more. */
export async function tidy(
  ledger: Ledger,
  { state, blobs }: Pick<Committing, 'state' | 'blobs'>,
): Promise<void> {
  const kept = await pruneGenerations(state, ledger.generation);
  try {
    const generations = await Promise.all(kept.map((n) => readGeneration(state, n)));
    await blobs.collect(blobRefsIn([generations, [...ledger.inventory.values()]]));
  } catch (cause) {
    // Which bytes that generation refers to is not known, so all stay until it is pruned.
    if (!(cause instanceof GenerationDamaged)) throw cause;
  }
}
