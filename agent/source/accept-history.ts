import type { StateDirectory } from '../host/host.ts';
import { writeLedger } from '../transaction/ledger.ts';
import type { Recovered } from '../transaction/recover.ts';
import type { Found } from './source.ts';

/**
 * Accepted history only moves forward. A commit counts as accepted when it was followed, whether or not it could be
 * applied: the commit that mends it is its descendant. One whose signature is refused is not followed.
 */
export async function acceptHistory(
  found: Found,
  before: Recovered,
  state: StateDirectory,
): Promise<Recovered> {
  if (found.again !== undefined || found.unverified === true || found.head === null) return before;
  if (found.head.sha === before.ledger.accepted) return before;
  const ledger = { ...before.ledger, accepted: found.head.sha };
  await writeLedger(state, ledger);
  return { ...before, ledger };
}
