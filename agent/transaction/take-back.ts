import type { Journal } from './journal.ts';
import type { Failure, OpenPhase } from './phase.ts';
import { giveReserve } from './reserve.ts';
import { goBack, type Time } from './rollback.ts';
import type { Transacting } from './transacting.ts';

/**
 * Announces the way back. A disk that is full or gone must not keep the host from it: then it is gone all the same,
 * and recovery, which reads that it was never announced, does it again and finds nothing to do.
 */
export async function takeBack(
  why: Failure,
  quarantine: boolean,
  journal: Journal,
  tools: Transacting,
  time: Time = 'the first',
): Promise<void> {
  await giveReserve(tools.state).catch(() => undefined);
  try {
    await journal.append({ t: 'back', why, quarantine });
  } catch (unwritten) {
    const { begin, announced } = journal.phase as OpenPhase;
    await goBack(begin, announced, tools, time);
    throw new Unrecorded(why, unwritten);
  }
}

/** It was taken back, and the disk would not have it recorded. */
export class Unrecorded extends Error {
  override readonly name = 'Unrecorded';
  constructor(why: Failure, cause: unknown) {
    const because = cause instanceof Error ? cause.message : String(cause);
    super(`a change was taken back (${why.seen}), and that could not be recorded: ${because}`, { cause });
  }
}
