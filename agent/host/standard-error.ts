import { fstatSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';

/** Where a person's lines go when there is no journal socket. Standard output stays free for what a command answers. */
export interface StandardError {
  /** `journal`: systemd reads it, line by line, and understands `<N>` in front as a priority (sd-daemon(3)). */
  readonly reader: 'terminal' | 'journal' | 'pipe';
  readonly colours: boolean;
  /** Never throws: nobody to read the log is no reason to stop. */
  write(text: string): void;
}

export function openStandardError(
  environment: Readonly<Record<string, string | undefined>>,
  descriptor = 2,
): StandardError {
  const terminal = isatty(descriptor);
  const reader = terminal
    ? 'terminal'
    : isJournal(environment['JOURNAL_STREAM'], descriptor)
      ? 'journal'
      : 'pipe';
  // https://no-color.org: present and not empty.
  const colours = terminal && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
  return { reader, colours, write: (text) => writeAll(descriptor, Buffer.from(text)) };
}

/** systemd.exec(5): device and inode, to be compared, for the variable outlives a redirection. */
function isJournal(stream: string | undefined, descriptor: number): boolean {
  try {
    const { dev, ino } = fstatSync(descriptor);
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

const ATTEMPTS = 50;

function writeAll(descriptor: number, bytes: Uint8Array): void {
  let rest = bytes;
  for (let attempt = 0; attempt < ATTEMPTS && rest.length > 0; attempt++) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      // EAGAIN: a pipe whose reader is slow. Anything else (EPIPE) will not get better.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}
