import { NOTHING_SEEN } from '../fleet/own-view.ts';
import { peerStatusOf } from '../fleet/peer-status-of.ts';
import type { PeerStatus } from '../fleet/peer-status.ts';
import { readStatus } from '../report/status-file.ts';
import { journalOrDamage } from '../transaction/journal.ts';
import { readLedger } from '../transaction/ledger.ts';
import { IDLE, JournalDamaged } from '../transaction/phase.ts';
import type { Environment } from './environment.ts';
import type { Places } from './places.ts';

/** This host as the disk has it, where nobody answers for it; `null`: no cycle has ended yet. */
export async function ownStatus(
  places: Places,
  hostname: string,
  { machine, release }: Environment,
): Promise<PeerStatus | null> {
  const state = machine.openStateDirectory(places.state);
  const status = await readStatus({ state, runtime: machine.openStateDirectory(places.runtime) });
  if (status === null) return null;
  const journal = await journalOrDamage(state);
  const isWell = status.outcome === 'in desired state' || status.outcome === 'changed';
  return peerStatusOf({
    release,
    hostname,
    status,
    phase: journal instanceof JournalDamaged ? IDLE : journal.phase,
    ledger: await readLedger(state),
    view: { ...NOTHING_SEEN, vip: { held: status.vipHeld ?? false, answers: null, seen: null } },
    settledMs: null,
    staged: null,
    waiting: null,
    paused: status.paused !== null,
    nowMs: machine.clock.now(),
    lastSuccessMs: isWell ? status.atMs : null,
  });
}
