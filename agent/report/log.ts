import { pino } from 'pino';
import type { StandardError } from '../host/standard-error.ts';
import type { Systemd } from '../host/systemd.ts';
import type { Level, LogEvent } from './event.ts';
import { encodeEntry } from './journald.ts';
import { humanLine } from './terminal.ts';

/** Nothing here ever throws: what is said about an outcome must not become one (doco-cd#808). */
export interface Log {
  debug(event: LogEvent): void;
  info(event: LogEvent): void;
  warn(event: LogEvent): void;
  error(event: LogEvent): void;
}

export type LogTo = {
  /** `null`, or an entry that it does not take: standard error gets the sentence instead. */
  readonly journal: Systemd['journal'];
  readonly standardError: StandardError;
};

/**
 * pino decides what the level lets through and turns any fields into one safe line of JSON. Its destination is ours
 * and synchronous: pino's own transports are worker threads, whose files a bundle does not have.
 */
export function openLog(level: Level, to: LogTo): Log {
  const logger = pino({ level, base: null, timestamp: false }, { write: (line) => deliver(line, to) });
  const log =
    (at: Level) =>
    (event: LogEvent): void => {
      try {
        logger[at](event);
      } catch {
        // A value that has no JSON. There is nobody to tell.
      }
    };
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
}

function deliver(line: string, to: LogTo): void {
  const { level: number, ...fields } = JSON.parse(line) as { readonly level: number };
  const event = fields as LogEvent;
  const level = levelOf(number);
  if (to.journal?.(encodeEntry(level, event)) === true) return;
  to.standardError.write(humanLine(level, event.sentence, to.standardError));
}

/** pino's numbers: 20, 30, 40, 50. */
function levelOf(number: number): Level {
  if (number >= 50) return 'error';
  if (number >= 40) return 'warn';
  return number >= 30 ? 'info' : 'debug';
}
