import type { StateDirectory } from '../host/host.ts';
import { GenerationDamaged, readGeneration, type Generation } from './generations.ts';
import { readLedger, type Ledger } from './ledger.ts';

export type Recovered = {
  readonly ledger: Ledger;
  readonly committed: Generation | null;
  /** Why there is no generation although one is in force, as a sentence. */
  readonly lost: string | null;
};

/**
 * Where this host stands. (An open transaction will be ended here before anything else, once there is a journal.)
 * A lost generation must not keep the host from the repository: the newest commit is rendered and planned anew, and
 * what was first seen is in the ledger.
 */
export async function recover({ state }: { readonly state: StateDirectory }): Promise<Recovered> {
  const ledger = await readLedger(state);
  const found = ledger.generation === 0 ? null : await read(state, ledger.generation);
  return typeof found === 'string'
    ? { ledger, committed: null, lost: lost(found) }
    : { ledger, committed: found, lost: null };
}

async function read(state: StateDirectory, generation: number): Promise<Generation | string> {
  try {
    return (await readGeneration(state, generation)) ?? `generation ${generation} is missing`;
  } catch (cause) {
    if (cause instanceof GenerationDamaged) return cause.message;
    throw cause;
  }
}

const lost = (why: string): string =>
  `The desired state in force cannot be read (${why}). It is rendered again from the repository; until then drift is not put right.`;
