import type { Time } from '../health/check.ts';
import type { Fleet } from './fleet.ts';
import type { Sightings } from './sightings.ts';

/**
 * How often the other hosts are looked at: seldom while nothing happens, often while one of them changes or this one
 * waits, and all the time where nobody answers, for what has happened meanwhile must be known at once.
 */
export const LOOK_MS = { idle: 10_000, busy: 3_000, alone: 1_000 };

/**
 * Looks at the other hosts until the signal is given: a host that is about to change must be seen by the others, also
 * by those that have nothing to do. `ask`: a turn that was refused may be this host's now.
 */
export async function lookAround(
  fleet: Pick<Fleet, 'look' | 'askingAgain'>,
  { sleep }: Pick<Time, 'sleep'>,
  stop: AbortSignal,
  ask: () => void,
): Promise<void> {
  while (!stop.aborted) {
    const sightings = await fleet.look(true).catch((): Sightings => new Map());
    if (await fleet.askingAgain.isWorthAsking().catch(() => false)) ask();
    await sleep(LOOK_MS[fleet.askingAgain.isWaiting ? 'busy' : pace(sightings)], stop);
  }
}

function pace(sightings: Sightings): keyof typeof LOOK_MS {
  const isAlone = sightings.size > 0 && [...sightings.values()].every(({ silent }) => silent !== null);
  return isAlone ? 'alone' : isBusy(sightings) ? 'busy' : 'idle';
}

/** One changes or waits, or not all have the same commit. */
function isBusy(sightings: Sightings): boolean {
  const answered = [...sightings.values()].flatMap(({ status, silent }) =>
    status === null || silent !== null ? [] : [status],
  );
  const commits = new Set(answered.flatMap(({ head, commit }) => [head, commit]));
  return commits.size > 1 || answered.some(({ phase, waiting }) => phase !== 'idle' || waiting !== null);
}
