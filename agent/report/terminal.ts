import picocolors from 'picocolors';
import type { StandardError } from '../host/standard-error.ts';
import type { Level } from './event.ts';
import { capped, harmless } from './harmless.ts';
import { PRIORITY } from './journald.ts';

/**
 * The same sentence for whoever reads standard error, its newline included. Further lines are indented, so that text
 * from outside cannot look like another entry.
 */
export function humanLine(
  level: Level,
  sentence: string,
  to: Pick<StandardError, 'reader' | 'colours'>,
): string {
  const [first = '', ...more] = capped(harmless(sentence), 8 * 1024).split('\n');
  if (to.reader === 'journal') {
    const priority = `<${PRIORITY[level]}>`;
    return [first, ...more.map((line) => `  ${line}`)].map((line) => `${priority}${line}\n`).join('');
  }
  return `${[inColour(level, first, to.colours), ...more.map((line) => `  ${line}`)].join('\n')}\n`;
}

function inColour(level: Level, line: string, colours: boolean): string {
  const { bold, dim, red, yellow } = picocolors.createColors(colours);
  switch (level) {
    case 'error':
      return `${bold(red('error'))}   ${line}`;
    case 'warn':
      return `${bold(yellow('warning'))} ${line}`;
    case 'info':
      return line;
    case 'debug':
      return dim(line);
  }
}
