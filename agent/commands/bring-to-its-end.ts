import type { Source } from '../source/source.ts';
import { recover } from '../transaction/recover.ts';
import { CommandRefused, type Environment } from './environment.ts';
import { openTools, type Opening } from './open-tools.ts';

/** A change that is brought to its end needs nothing that it has not written down itself. */
const NOWHERE: Source = {
  newest: () => Promise.reject(new Error('nothing is looked for while a change is brought to its end')),
};

/**
 * `apt purge` that lost power, and that is asked for again: the agent that would bring what was interrupted to its end
 * has been removed with the package.
 */
export async function bringToItsEnd(opening: Opening, environment: Environment): Promise<void> {
  const tools = await openTools({ ...opening, source: NOWHERE }, environment);
  const { stuck } = await recover(tools, true);
  if (stuck === null) return;
  throw new CommandRefused(
    `A change was interrupted on this host (${stuck.told.of}), and could not be taken back. See "holdfast status", or accept this host as it is with: holdfast settle`,
  );
}
