import type { StateDirectory } from '../host/host.ts';
import { canonical, type Resource } from '../resources/kind.ts';
import {
  GenerationDamaged,
  generationNumbers,
  readGeneration,
  type Generation,
} from '../transaction/generations.ts';
import type { Ledger } from '../transaction/ledger.ts';

/** A desired state that was in force once, or why it cannot be used any more (a clause). */
export type Kept = { readonly number: number } & (
  { readonly generation: Generation } | { readonly damage: string }
);

/** Newest first. What was prepared and taken back has a number too, and never was in force. */
export async function keptGenerations(state: StateDirectory, ledger: Ledger): Promise<readonly Kept[]> {
  const numbers = (await generationNumbers(state)).filter((number) => number <= ledger.generation);
  return Promise.all(numbers.map((number) => read(state, number)));
}

async function read(state: StateDirectory, number: number): Promise<Kept> {
  try {
    const generation = await readGeneration(state, number);
    return generation === null ? { number, damage: 'it is gone' } : { number, generation };
  } catch (cause) {
    if (!(cause instanceof GenerationDamaged)) throw cause;
    return { number, damage: cause.message };
  }
}

/**
 * The one before what is in force: the newest older one that says something else; `null`: there is none. What a
 * rollback has brought back counts as what it once was, so that a second one goes further back and not forward again.
 */
export function generationBefore(kept: readonly Kept[], ledger: Ledger): Kept | null {
  const inForce = kept.find(({ number }) => number === ledger.generation);
  const restored = kept.find(({ number }) => number === ledger.pinned?.restored);
  const from = restored !== undefined && sayTheSame(restored, inForce) ? restored.number : ledger.generation;
  return kept.find((older) => older.number < from && !sayTheSame(older, inForce)) ?? null;
}

/** Whether they want the same of this host. Where in the repository it was written is no difference. */
export function sayTheSame(one: Kept | undefined, other: Kept | undefined): boolean {
  if (one === undefined || other === undefined || 'damage' in one || 'damage' in other) return false;
  return wanted(one.generation) === wanted(other.generation);
}

function wanted({ candidate: { role, cluster, resources } }: Generation): string {
  return canonical([{ ...role }, cluster, resources.map(withoutPlace)]);
}

const withoutPlace = ({
  origin: _,
  origins: __,
  ...resource
}: Resource): Omit<Resource, 'origin' | 'origins'> => resource;
