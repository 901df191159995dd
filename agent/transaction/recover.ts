import type { StateDirectory } from '../host/host.ts';
import { readGeneration, type Generation } from './generations.ts';
import { readLedger, type Ledger } from './ledger.ts';

export type Recovered = { readonly ledger: Ledger; readonly committed: Generation | null };

/** Where this host stands. (An open transaction will be ended here before anything else, once there is a journal.) */
export async function recover({ state }: { readonly state: StateDirectory }): Promise<Recovered> {
  const ledger = await readLedger(state);
  if (ledger.generation === 0) return { ledger, committed: null };
  return { ledger, committed: await readGeneration(state, ledger.generation) };
}
