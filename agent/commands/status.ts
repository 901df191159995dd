import { formatOpen } from '../report/format-open.ts';
import { formatStatus } from '../report/format-status.ts';
import { formatWhy } from '../report/format-why.ts';
import { readStatus } from '../report/status-file.ts';
import type { Status } from '../report/status.ts';
import { age } from '../report/times.ts';
import { journalOrDamage } from '../transaction/journal.ts';
import { JournalDamaged, type Phase } from '../transaction/phase.ts';
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
  environment: Environment,
  format: (status: Status, nowMs: number) => string,
): Promise<number> {
  const { machine, out, err } = environment;
  const places = placesUnder(options.root, options.config);
  const state = machine.openStateDirectory(places.state);
  const status = await readStatus({ state, runtime: machine.openStateDirectory(places.runtime) });
  const open = await openTransaction(places.state, environment);
  if (status === null && open === null)
    throw new CommandRefused(
      'No cycle has ended on this host yet. See whether the agent runs: systemctl status holdfast',
    );
  const nowMs = machine.clock.now();
  if (options.json === true) {
    out(`${JSON.stringify({ ...status, open: open?.fields ?? null })}\n`);
  } else {
    if (open !== null) out(`${open.sentence}\n`);
    if (status !== null) out(`${open === null ? '' : '\n'}${format(status, nowMs)}`);
  }
  // While a change is being verified no cycle ends.
  if (status !== null && open === null && nowMs - status.atMs > STALE_MS)
    err(`This is ${age(nowMs - status.atMs)} old. See whether the agent runs: systemctl status holdfast\n`);
  return EXIT.ok;
}

type Open = { readonly sentence: string; readonly fields: object };

/** A change that is under way: the status is of the cycle before it. */
async function openTransaction(path: string, { machine }: Environment): Promise<Open | null> {
  const { clock } = machine;
  const found = await journalOrDamage(machine.openStateDirectory(path));
  if (found instanceof JournalDamaged)
    return { sentence: found.message, fields: { phase: 'damaged', why: found.message } };
  const { phase } = found;
  const now = { nowMs: clock.now(), boot: await machine.bootId(), monotonicMs: clock.monotonicMs() };
  const sentence = formatOpen(phase, now);
  return sentence === null ? null : { sentence, fields: fieldsOf(phase, sentence) };
}

function fieldsOf(phase: Phase, sentence: string): object {
  if (phase.phase === 'idle') return {};
  const { tx, of, commit, atMs } = phase.begin;
  return { phase: phase.phase, tx, of, commit, atMs, sentence };
}
