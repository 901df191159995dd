import { splitCommandLine } from '../desired/command-line.ts';
import { CommandFailed } from '../host/command-failed.ts';
import { unwell, WELL, type Check } from './check.ts';

const LIMIT_MS = 10_000;

/** A check of the user's: a command exits 0. One entry is a command line, several are its words; no shell either way. */
export function commandCheck(name: string, command: readonly string[]): Check {
  const [line] = command;
  const split = command.length === 1 && line !== undefined ? splitCommandLine(line) : { argv: command };
  return {
    id: `command[${name}]`,
    about: 'own',
    run: async (probes) => {
      if ('problem' in split) return unwell(split.problem);
      const ended = await probes.command(split.argv, LIMIT_MS);
      return ended.exitCode === 0 && ended.timedOutAfterMs === null
        ? WELL
        : unwell(new CommandFailed(ended).message);
    },
  };
}
