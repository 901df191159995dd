import { age, formatStatus, formatWhy } from '../report/format-status.ts';
import { readStatus } from '../report/status-file.ts';
import type { Status } from '../report/status.ts';
import { CommandRefused, EXIT, type CommonOptions, type Environment } from './environment.ts';
import { placesUnder } from './places.ts';

/** Ten times the default interval: somebody who looks should know that what they read is old. */
const STALE_MS = 5 * 60_000;

/** `holdfast status` */
export const statusCommand = (options: CommonOptions, environment: Environment): Promise<number> =>
  show(options, environment, formatStatus);

/** `holdfast why`: the same in sentences, with the whole story. */
export const whyCommand = (options: CommonOptions, environment: Environment): Promise<number> =>
  show(options, environment, formatWhy);

async function show(
  options: CommonOptions,
  { machine, out, err }: Environment,
  format: (status: Status, nowMs: number) => string,
): Promise<number> {
  const places = placesUnder(options.root, options.config);
  const state = machine.openStateDirectory(places.state);
  const status = await readStatus({ state, runtime: machine.openStateDirectory(places.runtime) });
  if (status === null)
    throw new CommandRefused(
      'No cycle has ended on this host yet. See whether the agent runs: systemctl status holdfast',
    );
  const nowMs = machine.clock.now();
  out(options.json === true ? `${JSON.stringify(status)}\n` : format(status, nowMs));
  if (nowMs - status.atMs > STALE_MS)
    err(`This is ${age(nowMs - status.atMs)} old. See whether the agent runs: systemctl status holdfast\n`);
  return EXIT.ok;
}
