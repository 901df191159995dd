import { schedule, setLogger } from 'node-cron';
import type { AgentConfig } from '../config.ts';
import { converge, type Tools } from '../converge.ts';
import { StoppedMeanwhile } from '../health/stopped.ts';
import { reportFailure } from '../report/report.ts';
import { capital } from '../report/told.ts';
import { formatSummary } from '../report/outcome-line.ts';
import { Cycles } from './cycles.ts';
import { CommandRefused, EXIT, type CommonOptions, type Environment } from './environment.ts';
import { openConfig } from './open-config.ts';
import { openTools } from './open-tools.ts';
import { placesUnder, type Places } from './places.ts';
import { serve, type Serving } from './serve.ts';
import { describeHolder } from './with-lock.ts';

/** `holdfast run`: the daemon. Ends after SIGTERM, when a cycle that is under way has ended. */
export async function runCommand(options: CommonOptions, environment: Environment): Promise<number> {
  if (options.root !== undefined)
    throw new CommandRefused(
      '"run" follows a running host: leave out --root, or use "holdfast converge --root DIR".',
      EXIT.usage,
    );
  const places = placesUnder(undefined, options.config);
  const config = openConfig(places.config, environment, false)!;
  const taken = await environment.machine.takeLock(places.daemonLock, 'holdfast run', 0);
  if ('heldBy' in taken)
    throw new CommandRefused(
      `Not started: ${describeHolder(taken.heldBy, environment.machine.clock.now())}. Only one daemon runs on a host.`,
      EXIT.locked,
    );
  try {
    await follow(config, places, options, environment);
  } finally {
    taken.lock.release();
  }
  return EXIT.ok;
}

async function follow(
  config: AgentConfig,
  places: Places,
  options: CommonOptions,
  environment: Environment,
): Promise<void> {
  const { log, systemd, release, machine } = environment;
  const stop = new AbortController();
  const tools = await openTools({ options, places, config, stopping: stop.signal }, environment);
  const kept: Kept = { cycles: 0 };
  const cycles: Cycles = new Cycles(
    () => oneCycle(tools, places, kept, serving, environment),
    () => machine.clock.monotonicMs(),
  );
  const serving = await serve(tools, config, environment, () => void cycles.ask());
  setLogger(quiet(environment));
  const task = schedule(config.schedule, () => cycles.ask(), {
    name: 'converge',
    noOverlap: true,
    maxRandomDelay: config.splayMs,
  });
  const watchdog = feed(environment, cycles);
  const stopped = new Promise<string>((resolve) => {
    environment.onSignal('SIGTERM', () => resolve('SIGTERM'));
    environment.onSignal('SIGINT', () => resolve('SIGINT'));
  });
  environment.onSignal('SIGHUP', () => {
    log.info({ event: 'asked', sentence: 'Asked to converge now (SIGHUP).' });
    void cycles.ask();
  });
  log.info({
    event: 'started',
    sentence: `Holdfast ${release} follows ${config.repository.shownUrl}, branch ${config.repository.branch}, on the schedule "${config.schedule}".`,
  });
  systemd.ready('first cycle');
  void cycles.ask();
  const signal = await stopped;
  stop.abort();
  systemd.stopping();
  log.info({
    event: 'stopping',
    sentence: `Stopping (${signal})${cycles.busy ? ' when the cycle under way has ended' : ''}.`,
  });
  await task.destroy();
  await cycles.idle();
  await serving.close();
  watchdog();
}

const TIDY_EVERY = 10;

/** What one cycle leaves to the next. */
type Kept = {
  /** Who else has held the lock, and how, when that was last said. */
  by?: string;
  cycles: number;
};

async function oneCycle(
  tools: Tools,
  places: Places,
  kept: Kept,
  serving: Serving,
  environment: Environment,
): Promise<void> {
  const { machine, log, systemd } = environment;
  const fromMs = machine.clock.monotonicMs();
  try {
    const taken = await machine.takeLock(places.lock, 'holdfast run', 0);
    if ('heldBy' in taken) {
      // Once for each holder, and when one is stopped: somebody who verifies by hand takes many of our cycles.
      const by = `${taken.heldBy?.sinceMs} ${taken.heldBy?.isStopped}`;
      const isNews = kept.by !== by;
      kept.by = by;
      log[isNews ? 'info' : 'debug']({
        event: 'skipped',
        sentence: `This cycle is left out: ${describeHolder(taken.heldBy, machine.clock.now())}.`,
      });
      return;
    }
    try {
      await serving.begins();
      const cycle = await converge(tools);
      systemd.status(formatSummary(cycle.status));
      await serving.ended(cycle, machine.clock.monotonicMs() - fromMs);
      kept.cycles += 1;
      // A change leaves much behind, all others little.
      if (cycle.done.length > 0 || kept.cycles % TIDY_EVERY === 0) machine.tidyMemory();
    } finally {
      tools.blobs.forget();
      taken.lock.release();
    }
  } catch (cause) {
    if (cause instanceof StoppedMeanwhile) {
      log.info({ event: 'stopped-meanwhile', sentence: `${capital(cause.message)}.` });
      return;
    }
    const why = cause instanceof Error ? cause.message : String(cause);
    await reportFailure(why, tools);
    systemd.status(`failed: ${why}`);
  }
}

/** Gives back what ends the feeding. */
function feed({ systemd, every }: Environment, cycles: Cycles): () => void {
  if (systemd.watchdogMs === null) return () => undefined;
  return every(systemd.watchdogMs, () => {
    if (!cycles.stuck) systemd.watchdog();
  });
}

/** node-cron prints coloured lines of its own; what it warns of (a missed tick) is a debug line here. */
function quiet({ log }: Environment): Parameters<typeof setLogger>[0] {
  const say = (message: string | Error): void => log.debug({ event: 'schedule', sentence: String(message) });
  return { info: say, warn: say, debug: say, error: say };
}
