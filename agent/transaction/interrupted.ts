import type { Journal } from './journal.ts';
import { readLedger, type Ledger } from './ledger.ts';
import type { Begin } from './phase.ts';
import { takeBack } from './take-back.ts';
import type { Transacting } from './transacting.ts';

export const INTERRUPTED = 'it was interrupted in the middle (the power, or the agent was ended)';

/** Once may be chance; twice in a row may be what this change does to a host. */
export async function interrupted(begin: Begin, journal: Journal, tools: Transacting): Promise<void> {
  const again = wasInterrupted(begin, await readLedger(tools.state));
  await takeBack({ where: 'interrupted', seen: INTERRUPTED }, again, journal, tools);
}

function wasInterrupted({ of }: Begin, { history }: Ledger): boolean {
  const last = history.at(-1);
  return last !== undefined && last.of === of && last.failure === INTERRUPTED;
}
