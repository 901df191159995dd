import { readCorrections, writeCorrections } from '../plan/contested.ts';
import { age } from '../report/times.ts';
import { capital, ended } from '../report/told.ts';
import { readLedger, writeLedger, type Quarantined } from '../transaction/ledger.ts';
import { EXIT, type CommonOptions, type Environment } from './environment.ts';
import { placesUnder } from './places.ts';
import { withLock } from './with-lock.ts';

/**
 * `holdfast retry`: what was taken back may be tried again, and so may drift that kept coming back. What
 * `holdfast rollback` pinned stays: going forward is a decision of its own.
 */
export async function retryCommand(options: CommonOptions, environment: Environment): Promise<number> {
  const { machine, out } = environment;
  const places = placesUnder(options.root, options.config);
  const state = machine.openStateDirectory(places.state);
  const runtime = machine.openStateDirectory(places.runtime);
  return withLock(places.lock, 'holdfast retry', environment, async () => {
    const ledger = await readLedger(state);
    const { quarantine } = ledger;
    const drifting = [...new Set((await readCorrections(runtime)).map(({ id }) => id))].sort();
    await writeCorrections(runtime, []);
    if (quarantine.length > 0) await writeLedger(state, { ...ledger, quarantine: [] });
    if (options.json === true) {
      out(`${JSON.stringify({ quarantine, drift: drifting })}\n`);
      return EXIT.ok;
    }
    const nowMs = machine.clock.now();
    const told = [
      ...quarantine.map((taken) => mayBeTriedAgain(taken, nowMs)),
      ...(drifting.length === 0 ? [] : [`Earlier attempts no longer count: ${drifting.join(', ')}.`]),
    ];
    out(
      told.length === 0
        ? 'Nothing was held back on this host because of an earlier failure.\n'
        : `${told.join('\n')}\nThe next cycle tries it; "sudo systemctl reload holdfast" begins one now.\n`,
    );
    return EXIT.ok;
  });
}

const mayBeTriedAgain = ({ of, why, atMs }: Quarantined, nowMs: number): string =>
  `${capital(of)} may be tried again. It was taken back ${age(nowMs - atMs)} ago: ${ended(why)}`;
