import type { Paused } from '../report/status.ts';
import type { StateDirectory } from '../host/host.ts';
import { openJournal } from '../transaction/journal.ts';
import { CommandRefused, EXIT } from './environment.ts';

/** What keeps a person from changing this host by hand. */

/** Until it has ended nobody knows what stands before it. What is stuck has ended as far as that goes. */
export async function refuseUnderWay(state: StateDirectory): Promise<void> {
  const { phase } = await openJournal(state);
  if (phase.phase === 'idle' || phase.phase === 'stuck') return;
  throw new CommandRefused(
    `A change is under way (${phase.begin.of}), and has to come to its end first: see "holdfast status", and start the agent if it does not run (sudo systemctl start holdfast).`,
  );
}

/** `toDo`: as in "to roll back all the same". */
export function refusePaused(paused: Paused | null, whilePaused: boolean, toDo: string): void {
  if (paused === null || whilePaused) return;
  throw new CommandRefused(
    `Nothing was done: ${paused.by} has paused this host (${paused.reason}). ` +
      `Ask them; or add --while-paused to ${toDo} all the same, and the pause goes on afterwards.`,
    EXIT.held,
  );
}
