import { NOTHING_SEEN } from '../fleet/view.ts';
import { peerStatusOf } from '../fleet/peer-status-of.ts';
import type { PeerStatus } from '../fleet/peer-status.ts';
import { isWell, onRecord } from '../fleet/self.ts';
import type { Environment } from './environment.ts';
import type { Places } from './places.ts';

/** This host as the disk has it, where nobody answers for it; `null`: no cycle has ended yet. */
export async function ownStatus(
  places: Places,
  hostname: string,
  { machine, release }: Environment,
): Promise<PeerStatus | null> {
  const state = machine.openStateDirectory(places.state);
  const record = await onRecord({ state, runtime: machine.openStateDirectory(places.runtime) });
  const { status } = record;
  if (status === null) return null;
  return peerStatusOf({
    release,
    hostname,
    ...record,
    view: { ...NOTHING_SEEN, vip: { held: status.vipHeld ?? false, answers: null, seen: null } },
    settledMs: null,
    staged: null,
    waiting: null,
    nowMs: machine.clock.now(),
    lastSuccessMs: isWell(status) ? status.atMs : null,
  });
}
