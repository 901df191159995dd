import { durationMs } from '../desired/duration.ts';
import { utc } from '../report/times.ts';
import type { Paused } from '../report/status.ts';
import { readPause, writePause } from '../transaction/pause.ts';
import { CommandRefused, EXIT, type CommonOptions, type Environment } from './environment.ts';
import { placesUnder } from './places.ts';
import { describeHolder } from './with-lock.ts';

export type PauseOptions = CommonOptions & { readonly reason: string; readonly for?: string };

/**
 * `holdfast pause`: this host is left as it is. It does not wait for a cycle that is under way, which may be verifying
 * a change for minutes; the next one finds the pause.
 */
export async function pauseCommand(options: PauseOptions, environment: Environment): Promise<number> {
  const { machine, out, user } = environment;
  const places = placesUnder(options.root, options.config);
  const state = machine.openStateDirectory(places.state);
  const nowMs = machine.clock.now();
  const before = await readPause(state, nowMs);
  const paused: Paused = {
    reason: reasonIn(options.reason),
    by: user,
    sinceMs: nowMs,
    untilMs: options.for === undefined ? null : nowMs + lengthOf(options.for),
  };
  await writePause(state, paused);
  if (options.json === true) {
    out(`${JSON.stringify({ paused, replaced: before })}\n`);
    return EXIT.ok;
  }
  const told = [
    `This host is paused ${paused.untilMs === null ? 'until somebody resumes it' : `until ${utc(paused.untilMs)}`}: ${paused.reason}`,
    ...(before === null ? [] : [`That replaces the pause of ${before.by}: ${before.reason}`]),
    'Nothing is changed on it meanwhile: no new commit is applied, and drift is not put right either. The repository goes on being followed.',
    ...(await underWay(places.lock, environment)),
    '"holdfast resume" ends it.',
  ];
  out(`${told.join('\n')}\n`);
  return EXIT.ok;
}

function reasonIn(text: string): string {
  const reason = text.replaceAll(/\s+/g, ' ').trim();
  if (reason !== '') return reason;
  throw new CommandRefused(
    'A pause needs a reason, for whoever finds it: holdfast pause --reason "new switch"',
    EXIT.usage,
  );
}

function lengthOf(text: string): number {
  const ms = durationMs(text);
  if (ms !== null && ms > 0) return ms;
  throw new CommandRefused(
    `"${text}" is not a length of time. Write it as in 30s, 5m, 2h or 3d; without --for a pause lasts until "holdfast resume".`,
    EXIT.usage,
  );
}

/** What a pause does not stop. */
async function underWay(lock: string, { machine }: Environment): Promise<readonly string[]> {
  const taken = await machine.takeLock(lock, 'holdfast pause', 0);
  if ('lock' in taken) {
    taken.lock.release();
    return [];
  }
  return [
    `Not stopped: a cycle that is under way (${describeHolder(taken.heldBy, machine.clock.now())}). What it changes is finished, or taken back if a health check fails; "holdfast status" shows it.`,
  ];
}
