import { readSync } from 'node:fs';
import type { ReadStream } from 'node:tty';

/** More is no secret but a file. */
const LARGEST = 256 * 1024;

/** Somebody pressed Ctrl-C. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/**
 * A secret from standard input: all of it where it is a pipe or a file; at a terminal one line, which is not shown.
 * `null`: more than Holdfast takes.
 */
export async function readHidden(prompt: string, write: (text: string) => void): Promise<Uint8Array | null> {
  const { stdin } = process;
  return stdin.isTTY ? typed(stdin, prompt, write) : piped();
}

function piped(): Uint8Array | null {
  const buffer = Buffer.alloc(LARGEST + 1);
  let length = 0;
  while (length < buffer.length) {
    const count = readSome(buffer, length);
    if (count === 0) return new Uint8Array(buffer.subarray(0, length));
    length += count;
  }
  return null;
}

function readSome(buffer: Buffer, at: number): number {
  for (;;)
    try {
      return readSync(0, buffer, at, buffer.length - at, null);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EOF') return 0;
      // A pipe that was made non-blocking, and whose writer is slow.
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
}

/** Keys as a terminal sends them in raw mode. */
const ENTER = /[\r\n\u0004]/;
const BACK = /[\b\u007f]/;

function typed(stdin: ReadStream, prompt: string, write: (text: string) => void): Promise<Uint8Array> {
  // Before it is asked for: what is typed at once would be shown.
  stdin.setRawMode(true);
  write(prompt);
  stdin.setEncoding('utf8');
  return new Promise((resolve, reject) => {
    let line = '';
    const end = (act: () => void): void => {
      stdin.off('data', take).setRawMode(false);
      stdin.pause();
      write('\n');
      act();
    };
    const take = (text: string): void => {
      for (const key of text) {
        if (key === '\u0003') return end(() => reject(new Interrupted('Nothing was changed.')));
        if (ENTER.test(key)) return end(() => resolve(Buffer.from(line)));
        line = BACK.test(key) ? line.slice(0, -1) : line + key;
      }
    };
    // The terminal is gone.
    stdin.once('end', () => reject(new Interrupted('Nothing was changed.')));
    stdin.on('data', take).resume();
  });
}
