import { CommanderError } from 'commander';
import { commandLine } from './commands/command-line.ts';
import { CommandRefused, EXIT, type Environment, type Machine } from './commands/environment.ts';
import type { Act } from './commands/verb.ts';
import { openBench } from './host/bench.ts';
import { callerOf } from './host/caller.ts';
import { systemClock } from './host/clock.ts';
import { readConfigFile } from './host/config-file.ts';
import { openHandOver } from './host/hand-over.ts';
import { identityStamp, openUnlock, readIdentities, writeIdentities } from './host/identity-file.ts';
import { readIdentity } from './host/identity.ts';
import { openImage, readImageIdentity } from './host/image-host.ts';
import { takeLock } from './host/lock.ts';
import { whatOthersMay } from './host/others-may.ts';
import { openHost } from './host/real-host.ts';
import { writeRendered } from './host/rendered-files.ts';
import { sleep } from './host/sleep.ts';
import { openStandardError } from './host/standard-error.ts';
import { openStateDirectory } from './host/state-directory.ts';
import { tidyMemory } from './host/tidy-memory.ts';
import { TEXTFILE, wantsTextfile, writeTextfile } from './host/status-textfile.ts';
import { openSystemd } from './host/systemd.ts';
import { openTree } from './host/tree.ts';
import { writeInRepository } from './host/write-in-repository.ts';
import { openLog } from './report/log.ts';

declare const HOLDFAST_RELEASE: string | undefined;
const RELEASE = typeof HOLDFAST_RELEASE === 'string' ? HOLDFAST_RELEASE : 'development';

/** Copies for validators are gone at the next boot, and root's alone. */
const STAGE = '/run/holdfast/stage';

const machine: Machine = {
  openHost,
  openImage,
  openBench: (reader) => openBench(reader, STAGE),
  openStateDirectory,
  openGit: async (stateDirectory) => (await import('./host/git.ts')).openGit(stateDirectory),
  openTree,
  openEarlier: async (directory) => (await import('./host/git-earlier.ts')).openEarlier(directory),
  readIdentity,
  readImageIdentity,
  bootId: async () => (await import('./host/git-checkouts.ts')).bootId(),
  openHandOver: () => openHandOver(),
  openProbes: async (host, remote) => (await import('./host/open-probes.ts')).openProbes(host, remote),
  openLintProbes: async (host) => (await import('./host/lint-probes.ts')).openLintProbes(host),
  sleep,
  readConfig: readConfigFile,
  whatOthersMay,
  openAge: async () => (await import('./host/age.ts')).age,
  openUnlock,
  readIdentities,
  writeIdentities,
  identityStamp,
  readHidden: async (prompt, write) => (await import('./host/hidden-input.ts')).readHidden(prompt, write),
  writeInRepository,
  writeRendered,
  takeLock: (path, command, waitMs) => takeLock(path, { pid: process.pid, command }, waitMs),
  askStatus: async (asked) => (await import('./host/status-asker.ts')).askStatus(asked),
  listenForStatus: async (at, answering) =>
    (await import('./host/status-listener.ts')).listenForStatus(at, answering),
  wantsTextfile: () => wantsTextfile(TEXTFILE),
  writeTextfile: (text) => writeTextfile(TEXTFILE, text),
  clock: systemClock,
  tidyMemory,
};

function realEnvironment(isDaemon: boolean): Environment {
  const systemd = openSystemd(process.env, process.pid);
  const standardError = openStandardError(process.env);
  // A person at a terminal sees what the journal gets; HOLDFAST_LOG=debug shows every step.
  const asked = process.env['HOLDFAST_LOG'];
  const level = asked === 'debug' || asked === 'warn' || asked === 'error' ? asked : 'info';
  return {
    release: RELEASE,
    user: callerOf(process.env),
    machine,
    out: (text) => void process.stdout.write(text),
    err: (text) => standardError.write(text),
    colour: process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '',
    watched: !isDaemon && standardError.reader === 'terminal',
    log: openLog(level, { journal: systemd.journal, standardError }),
    systemd,
    every: (ms, act) => {
      const timer = setInterval(act, ms);
      return () => clearInterval(timer);
    },
    onSignal: (signal, act) => void process.on(signal, act),
  };
}

async function main(argv: readonly string[]): Promise<number> {
  const environment = realEnvironment(argv[0] === 'run');
  const acts: Act[] = [];
  try {
    await commandLine(RELEASE, (act) => acts.push(act)).parseAsync(argv, { from: 'user' });
    const [act] = acts;
    return act === undefined ? EXIT.ok : await act(environment);
  } catch (cause) {
    return explain(cause, environment);
  }
}

function explain(cause: unknown, { err }: Environment): number {
  // commander has said it already, and asking for help is no mistake.
  if (cause instanceof CommanderError) return cause.exitCode === 0 ? EXIT.ok : EXIT.usage;
  err(`holdfast: ${cause instanceof Error ? cause.message : String(cause)}\n`);
  return cause instanceof CommandRefused ? cause.exitCode : EXIT.failed;
}

/** Who asked for an answer and cannot be given it (a full disk) must not take the command for done. It runs to its end. */
function answerLost({ code, message }: NodeJS.ErrnoException): void {
  // To a closed pipe (`holdfast plan | head`) is the reader's choice, not a failure.
  if (code === 'EPIPE') return;
  process.exitCode = EXIT.failed;
  openStandardError(process.env).write(
    `holdfast: what this command answers could not be written to standard output (${code ?? message}). Free some space there, or send it elsewhere.\n`,
  );
}

// Every further write fails like the first.
process.stdout.once('error', answerLost).on('error', () => undefined);
void main(process.argv.slice(2)).then((exitCode) => {
  process.exitCode ??= exitCode;
  // Whatever a library still holds open must not keep a finished command alive. That the answer is lost is told
  // directly behind the callback.
  process.stdout.write('', () => setImmediate(() => process.exit()));
});
