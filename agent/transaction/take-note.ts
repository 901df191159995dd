import type { Plan } from '../plan/change.ts';
import type { Commit } from '../report/status.ts';
import { prepareCommit, seenNow, tidy, type Committing } from './commit.ts';
import { blobRefsIn } from './generations.ts';
import { writeLedger, type Ledger, type Pinned } from './ledger.ts';
import type { Recovered } from './recover.ts';

/**
 * A plan that needs no step: what it says of management and of the commit in force may still be new. Most cycles end
 * here, so nothing of what changes a host is loaded for it.
 */
export async function takeNote(
  plan: Plan,
  head: Commit | null,
  pinned: Pinned | null,
  { ledger: before, committed }: Pick<Recovered, 'ledger' | 'committed'>,
  tools: Committing,
): Promise<Ledger> {
  const prepared = await prepareCommit(plan, head, { ledger: before, committed }, tools);
  const { generation, inventory } = prepared;
  const isSame =
    generation === before.generation && plan.adopts.size === 0 && inventory.size === before.inventory.size;
  if (isSame) return before;
  await tools.blobs.keep(blobRefsIn(seenNow(prepared, before)));
  const ledger = { ...before, generation, inventory, pinned };
  await writeLedger(tools.state, ledger);
  if (generation !== before.generation) await tidy(ledger, tools);
  return ledger;
}
