import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeEntry, fieldName } from '../../../agent/report/journald.ts';
import { decodeEntry } from './decode-entry.ts';

const decoded = (event: Parameters<typeof encodeEntry>[1]) => decodeEntry(encodeEntry('info', event));

describe('an entry', () => {
  it('has the sentence, the priority and the fields that journalctl can match', () => {
    expect(
      decodeEntry(
        encodeEntry('warn', {
          event: 'commit-refused',
          sentence: 'Commit abc1234 is refused.',
          commit: 'abc1234',
          resource: 'file[/etc/haproxy/haproxy.cfg]',
          outcome: 'refused',
          durationMs: 12,
          files: ['a', 'b'],
          nothing: undefined,
        }),
      ),
    ).toEqual({
      MESSAGE: 'Commit abc1234 is refused.',
      PRIORITY: '4',
      SYSLOG_IDENTIFIER: 'holdfast',
      HOLDFAST_EVENT: 'commit-refused',
      HOLDFAST_COMMIT: 'abc1234',
      HOLDFAST_RESOURCE: 'file[/etc/haproxy/haproxy.cfg]',
      HOLDFAST_OUTCOME: 'refused',
      HOLDFAST_DURATION_MS: '12',
      HOLDFAST_FILES: '["a","b"]',
    });
  });

  it.each([
    ['error', '3'],
    ['warn', '4'],
    ['info', '6'],
    ['debug', '7'],
  ] as const)('of level %s has priority %s', (level, priority) => {
    expect(decodeEntry(encodeEntry(level, { event: 'x', sentence: 'x' }))['PRIORITY']).toBe(priority);
  });

  it('keeps lines, and no line can pass for another field', () => {
    const entry = decoded({ event: 'x', sentence: 'one\nPRIORITY=0\n_UID=0', subject: 'a\nMESSAGE=forged' });
    expect(entry['MESSAGE']).toBe('one\nPRIORITY=0\n_UID=0');
    expect(entry['PRIORITY']).toBe('6');
    expect(entry['HOLDFAST_SUBJECT']).toBe('a\nMESSAGE=forged');
    expect(Object.keys(entry)).not.toContain('_UID');
  });

  it('makes terminal escapes and reversed text visible instead of obeying them', () => {
    const { MESSAGE } = decoded({
      event: 'x',
      sentence: 'fix \x1b[2J\x07 \u202Egnp.exe\u2066 \x9b31m \r\n \0.',
    });
    expect(MESSAGE).toBe('fix \\x1b[2J\\x07 \\u202egnp.exe\\u2066 \\x9b31m \n \\x00.');
  });

  it('cuts a value that is too long, and says how much is missing', () => {
    const { MESSAGE } = decoded({ event: 'x', sentence: 'x'.repeat(10_000) });
    expect(MESSAGE).toBe(`${'x'.repeat(8192)}… (1808 more characters)`);
  });

  it('stays far below what a datagram holds, whatever it is given', () => {
    const fields = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}`, '東'.repeat(9_000)]));
    const bytes = encodeEntry('info', { event: 'x', sentence: 'kept', ...fields });
    expect(bytes.length).toBeLessThan(70_000);
    expect(decodeEntry(bytes)).toMatchObject({ MESSAGE: 'kept', HOLDFAST_EVENT: 'x' });
  });

  it('leaves out a field whose name journald would not take', () => {
    expect(
      Object.keys(decoded({ event: 'x', sentence: 'x', 'a-b': '1', ['c'.repeat(90)]: '1', é: '1' })),
    ).toEqual(['MESSAGE', 'PRIORITY', 'SYSLOG_IDENTIFIER', 'HOLDFAST_EVENT']);
    expect(fieldName('checkURL2Ms')).toBe('HOLDFAST_CHECK_URL2_MS');
  });

  it('can be read back whatever text it holds, and shows no control character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (sentence, subject) => {
        const entry = decoded({ event: 'x', sentence, subject });
        expect(Object.keys(entry)).toEqual([
          'MESSAGE',
          'PRIORITY',
          'SYSLOG_IDENTIFIER',
          'HOLDFAST_EVENT',
          'HOLDFAST_SUBJECT',
        ]);
        expect(`${entry['MESSAGE']}${entry['HOLDFAST_SUBJECT']}`.replaceAll(/[\n\t]/g, '')).not.toMatch(
          /\p{Cc}/u,
        );
      }),
    );
  });
});
