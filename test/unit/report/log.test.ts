import { describe, expect, it } from 'vitest';
import type { StandardError } from '../../../agent/host/standard-error.ts';
import type { Json } from '../../../agent/host/host.ts';
import { openLog } from '../../../agent/report/log.ts';
import type { Level } from '../../../agent/report/event.ts';
import { bundled } from '../host/bundled.ts';
import { freshFolder } from '../host/fresh-folder.ts';
import { underSystemd } from '../host/under-systemd.ts';
import { decodeEntry } from './decode-entry.ts';

function setUp(options: { level?: Level; journal?: 'takes' | 'refuses' } & Partial<StandardError> = {}) {
  const entries: Record<string, string>[] = [];
  const lines: string[] = [];
  const journal = (entry: Uint8Array): boolean => {
    if (options.journal === 'refuses') return false;
    entries.push(decodeEntry(entry));
    return true;
  };
  const log = openLog(options.level ?? 'info', {
    journal: options.journal === undefined ? null : journal,
    standardError: {
      reader: options.reader ?? 'pipe',
      colours: options.colours ?? false,
      write: (text) => void lines.push(text),
    },
  });
  return { log, entries, lines };
}

const drift = { event: 'drift', sentence: 'file[/etc/a] had drifted.', resource: 'file[/etc/a]' } as const;

describe('the log under systemd', () => {
  it('arrives in the journal as fields', () => {
    const { journal, output } = underSystemd(
      bundled(
        freshFolder(),
        `import { openStandardError } from './agent/host/standard-error.ts';
         import { openSystemd } from './agent/host/systemd.ts';
         import { openLog } from './agent/report/log.ts';
         const { journal } = openSystemd(process.env, process.pid);
         const log = openLog('info', { journal, standardError: openStandardError(process.env) });
         log.debug({ event: 'unchanged', sentence: 'Nothing to do.' });
         log.warn({ event: 'drift', sentence: 'Two\\nlines.', commit: 'abc1234', resource: 'ufw[default]' });
         for (let i = 0; i < 500; i++) log.info({ event: 'many', sentence: String(i), text: 'x'.repeat(20000) });`,
      ),
    );
    expect(output).toBe('');
    const entries = journal.map(decodeEntry);
    expect(entries[0]).toEqual({
      MESSAGE: 'Two\nlines.',
      PRIORITY: '4',
      SYSLOG_IDENTIFIER: 'holdfast',
      HOLDFAST_EVENT: 'drift',
      HOLDFAST_COMMIT: 'abc1234',
      HOLDFAST_RESOURCE: 'ufw[default]',
    });
    expect(entries.slice(1).map((entry) => entry['MESSAGE'])).toEqual(
      Array.from({ length: 500 }, (_, i) => `${i}`),
    );
  });

  it('goes to standard error when the journal does not take it, with its priority', () => {
    const { log, lines } = setUp({ journal: 'refuses', reader: 'journal' });
    log.error({ event: 'x', sentence: 'It failed:\n<0>forged\nbecause.' });
    expect(lines).toEqual(['<3>It failed:\n<3>  <0>forged\n<3>  because.\n']);
  });
});

describe('the level', () => {
  it.each([
    ['debug', 4],
    ['info', 3],
    ['warn', 2],
    ['error', 1],
  ] as const)('%s lets %i of the four through', (level, count) => {
    const { log, entries } = setUp({ level, journal: 'takes' });
    for (const at of ['error', 'warn', 'info', 'debug'] as const) log[at]({ event: at, sentence: at });
    expect(entries.map((entry) => [entry['MESSAGE'], entry['PRIORITY']])).toEqual(
      [
        ['error', '3'],
        ['warn', '4'],
        ['info', '6'],
        ['debug', '7'],
      ].slice(0, count),
    );
  });
});

describe('the log at a terminal', () => {
  it('is the same sentences, marked by colour', () => {
    const { log, lines } = setUp({ level: 'debug', reader: 'terminal', colours: true });
    log.info(drift);
    log.warn(drift);
    log.error(drift);
    log.debug(drift);
    expect(lines).toEqual([
      'file[/etc/a] had drifted.\n',
      '\x1b[1m\x1b[33mwarning\x1b[39m\x1b[22m file[/etc/a] had drifted.\n',
      '\x1b[1m\x1b[31merror\x1b[39m\x1b[22m   file[/etc/a] had drifted.\n',
      '\x1b[2mfile[/etc/a] had drifted.\x1b[22m\n',
    ]);
  });

  it('is marked by words alone without colours', () => {
    const { log, lines } = setUp();
    log.warn(drift);
    expect(lines).toEqual(['warning file[/etc/a] had drifted.\n']);
  });

  it('obeys no escape from outside, and indents what could look like another entry', () => {
    const { log, lines } = setUp({ reader: 'terminal', colours: true });
    log.info({ event: 'x', sentence: 'subject \x1b]0;title\x07\nerror   all is lost' });
    expect(lines).toEqual(['subject \\x1b]0;title\\x07\n  error   all is lost\n']);
  });
});

describe('a log that fails', () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;

  it.each([
    ['a circle', circle],
    ['a number without JSON', 12n],
    [
      'an object that throws',
      {
        toJSON() {
          throw new Error('no');
        },
      },
    ],
  ])('because of %s does not throw', (_, value) => {
    const { log } = setUp({ journal: 'takes' });
    expect(() => log.info({ event: 'x', sentence: 'x', value: value as Json })).not.toThrow();
  });

  it('because nobody takes it does not throw', () => {
    const log = openLog('info', {
      journal: () => {
        throw new Error('EBADF');
      },
      standardError: { reader: 'pipe', colours: false, write: () => {} },
    });
    expect(() => log.info(drift)).not.toThrow();
  });
});
