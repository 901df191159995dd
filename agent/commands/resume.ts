import { age } from '../report/times.ts';
import type { Paused } from '../report/status.ts';
import { clearPause, readPause } from '../transaction/pause.ts';
import { releasedBy } from '../transaction/holds.ts';
import { readLedger } from '../transaction/ledger.ts';
import { endRelease } from '../transaction/released.ts';
import { EXIT, type CommonOptions, type Environment } from './environment.ts';
import { placesUnder } from './places.ts';
import { withLock } from './with-lock.ts';

/**
 * `holdfast resume`: the end of a pause, and of a release. Somebody who is sure that there is none any more is right
 * afterwards.
 */
export async function resumeCommand(options: CommonOptions, environment: Environment): Promise<number> {
  const { machine, out } = environment;
  const places = placesUnder(options.root, options.config);
  const state = machine.openStateDirectory(places.state);
  const nowMs = machine.clock.now();
  const paused = await readPause(state, nowMs);
  await clearPause(state);
  // A pause ends beside a cycle that is under way; the ledger is that cycle's.
  const isReleased = releasedBy(await readLedger(state)) !== null;
  const by = isReleased
    ? await withLock(places.lock, 'holdfast resume', environment, () => endRelease(state))
    : null;
  if (options.json === true) {
    out(`${JSON.stringify({ resumed: paused, ...(by === null ? {} : { releasedBy: by }) })}\n`);
    return EXIT.ok;
  }
  const told = [
    ...(paused === null ? [] : [sayOver(paused, nowMs)]),
    ...(by === null ? [] : [`This host, which ${by} had released, is managed again.`]),
  ];
  const next = 'The next cycle goes on; "sudo systemctl reload holdfast" begins one now.';
  out(`${told.length === 0 ? 'This host was not paused.' : [...told, next].join('\n')}\n`);
  return EXIT.ok;
}

const sayOver = ({ by, sinceMs, reason }: Paused, nowMs: number): string =>
  `The pause of ${by} is over${sinceMs === 0 ? '' : ` after ${age(nowMs - sinceMs)}`}: ${reason}`;
