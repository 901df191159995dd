import { execa } from 'execa';
import { answerOf, CommandFailed } from './command-failed.ts';
import type { Ended } from './command-failed.ts';
import { environmentOf, MOST_OUTPUT, programOf, RUN_TIMEOUT_MS } from './command-options.ts';
import type { CommandOptions } from './command-options.ts';
import { releaseSoon, stopGroupAfter } from './process-group.ts';

/**
 * Runs a command that changes the host and gives back what it printed; throws `CommandFailed` unless it exits 0.
 * What is asked every cycle goes through `ask-command.ts`, which costs half.
 */
export async function runCommand(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const ended = await run(argv, options);
  if (answerOf(ended).exitCode !== 0) throw new CommandFailed(ended);
  return ended.stdout;
}

async function run(argv: readonly string[], options: CommandOptions): Promise<Ended> {
  const [program, rest] = programOf(argv);
  const timeoutMs = options.timeoutMs ?? RUN_TIMEOUT_MS;
  const child = execa(program, rest, {
    cwd: '/',
    env: environmentOf(options),
    extendEnv: false,
    // A group of its own; execa's own time-out and kill reach only the child, so the deadline below is ours.
    detached: true,
    stdin: options.input === undefined ? 'ignore' : 'pipe',
    ...(options.input === undefined ? {} : { input: options.input }),
    maxBuffer: MOST_OUTPUT,
    stripFinalNewline: false,
    reject: false,
  });
  const release = (): void => {
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const deadline = child.pid === undefined ? null : stopGroupAfter(child.pid, timeoutMs, release);
  child.once('exit', () => releaseSoon(release));
  const result = await child;
  deadline?.clear();
  const exitCode = result.exitCode ?? null;
  return {
    argv,
    exitCode,
    signal: result.signal ?? null,
    stdout: result.stdout,
    stderr: result.stderr,
    timedOutAfterMs: deadline?.expired() === true ? timeoutMs : null,
    tooMuchOutput: result.isMaxBuffer,
    notStarted: child.pid === undefined ? (result.code ?? 'unknown') : null,
  };
}
