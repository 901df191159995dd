import type { Ran } from './host.ts';

/** How a command ended. Everything that is said about it is made from these facts. */
export type Ended = {
  readonly argv: readonly string[];
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** It was still running after this long, and was stopped. */
  readonly timedOutAfterMs: number | null;
  /** It printed more than a caller keeps, and was stopped. */
  readonly tooMuchOutput: boolean;
  /** It never started: `ENOENT`, `EACCES`. */
  readonly notStarted: string | null;
};

export type Why = 'exit code' | 'signal' | 'time-out' | 'not found' | 'not started' | 'output';

/** The message is a sentence: `"ufw allow 6443/tcp" failed with exit code 1: ERROR: Could not …`. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
  readonly why: Why;
  readonly ended: Ended;

  /** `printed`: what of its output says why, where the caller knows better than that it stands last. */
  constructor(ended: Ended, printed: string = lastLines(ended)) {
    super(sentence(ended, printed));
    this.ended = ended;
    this.why = whyOf(ended);
  }
}

/** The answer of a command that ran to its own end, whatever its exit code; throws for any other ending. */
export function answerOf(ended: Ended): Ran {
  if (whyOf(ended) !== 'exit code') throw new CommandFailed(ended);
  return { exitCode: ended.exitCode!, stdout: ended.stdout, stderr: ended.stderr };
}

function whyOf(ended: Ended): Why {
  if (ended.notStarted !== null) return ended.notStarted === 'ENOENT' ? 'not found' : 'not started';
  if (ended.timedOutAfterMs !== null) return 'time-out';
  if (ended.tooMuchOutput) return 'output';
  return ended.exitCode === null ? 'signal' : 'exit code';
}

function sentence(ended: Ended, printed: string): string {
  const command = `"${shownCommand(ended.argv)}"`;
  const because = printed === '' ? '' : printed.startsWith('\n') ? `:${printed}` : `: ${printed}`;
  switch (whyOf(ended)) {
    case 'not found':
      return `${command} could not be started: ${missing(ended.argv[0] ?? '')}`;
    case 'not started':
      return `${command} could not be started (${ended.notStarted}).`;
    case 'time-out':
      return `${command} was still running after ${(ended.timedOutAfterMs ?? 0) / 1000} s and was stopped${because}`;
    case 'output':
      return `${command} printed more than Holdfast reads, and was stopped${because}`;
    case 'signal':
      return `${command} was killed by ${ended.signal ?? 'a signal'}${because}`;
    case 'exit code':
      return `${command} failed with exit code ${ended.exitCode}${because}`;
  }
}

function missing(program: string): string {
  if (!program.includes('/')) {
    return `there is no program "${program}" on this host. Install the package that brings it.`;
  }
  return `${program} does not exist, or the interpreter that its first line names does not.`;
}

const LINES = 6;
const LONGEST = 1500;

/** A tool says what is wrong last. Its standard error, or what it printed when that is silent, on one line. */
function lastLines(ended: Ended): string {
  const text = ended.stderr.trim() === '' ? ended.stdout : ended.stderr;
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  const last = lines
    .filter((line) => line !== '')
    .slice(-LINES)
    .join('; ');
  return last.length > LONGEST ? `…${last.slice(-LONGEST)}` : last;
}

/** As a person would type it; an argument that a shell would not take as one word stands in quotes. */
export function shownCommand(argv: readonly string[]): string {
  const words = argv.map((word) => (/^[\w@%+=:,./{}*[\]-]+$/.test(word) ? word : JSON.stringify(word)));
  const line = words.join(' ');
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
