import { formatHistory } from '../report/format-history.ts';
import { readLedger } from '../transaction/ledger.ts';
import { EXIT, type CommonOptions, type Environment } from './environment.ts';
import { placesUnder } from './places.ts';

/** `holdfast history`: the last changes of this host, and how each of them ended. */
export async function historyCommand(options: CommonOptions, { machine, out }: Environment): Promise<number> {
  const places = placesUnder(options.root, options.config);
  const { history } = await readLedger(machine.openStateDirectory(places.state));
  out(options.json === true ? `${JSON.stringify(history)}\n` : formatHistory(history, machine.clock.now()));
  return EXIT.ok;
}
