import type { StateDirectory } from '../host/host.ts';
import { releasedBy } from './holds.ts';
import { readLedger, writeLedger } from './ledger.ts';

/** Somebody wants this host managed again. Who had released it; `null`: nobody had. To be called under the lock. */
export async function endRelease(state: StateDirectory): Promise<string | null> {
  const ledger = await readLedger(state);
  const by = releasedBy(ledger);
  if (by !== null) await writeLedger(state, { ...ledger, pinned: null });
  return by;
}
