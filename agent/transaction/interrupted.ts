import type { Journal } from './journal.ts';
import { readLedger, type Ledger } from './ledger.ts';
import type { Begin } from './phase.ts';
import type { Time } from './rollback.ts';
import { takeBack } from './take-back.ts';
import type { Transacting } from './transacting.ts';

export const INTERRUPTED = 'it was interrupted in the middle (the power, or the agent was ended)';

/** Once may be chance; twice in a row may be what this change does to a host, whatever drift was put right in between. */
export async function interrupted(
  begin: Begin,
  journal: Journal,
  tools: Transacting,
  time: Time = 'the first',
): Promise<void> {
  // A ledger that cannot be read must not keep the host from its way back.
  const again = await readLedger(tools.state).then(
    (ledger) => wasInterrupted(begin, ledger),
    () => false,
  );
  await takeBack({ where: 'interrupted', seen: INTERRUPTED }, again, journal, tools, time);
}

function wasInterrupted({ of }: Begin, { history }: Ledger): boolean {
  return history.findLast((one) => one.of === of)?.failure === INTERRUPTED;
}
