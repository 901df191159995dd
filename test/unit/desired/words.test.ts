import { describe, expect, it } from 'vitest';
import { splitCommandLine } from '../../../agent/desired/command-line.ts';
import { closest, didYouMean } from '../../../agent/desired/did-you-mean.ts';
import { durationMs } from '../../../agent/desired/duration.ts';
import { formatKeyPath } from '../../../agent/desired/key-path.ts';

describe('a duration', () => {
  it.each([
    ['60s', 60_000],
    ['10m', 600_000],
    ['500ms', 500],
    ['1h30m', 5_400_000],
    ['0.2s', 200],
    ['1d', 86_400_000],
    ['60', null],
    ['60 s', null],
    ['s', null],
    ['-5s', null],
    ['', null],
    ['1y', null],
  ])('%s is %s ms', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });
});

describe('a word that was probably meant', () => {
  const known = ['address', 'priority', 'transport', 'authPass'];
  it.each([
    ['adress', 'address'],
    ['ADDRESS', 'address'],
    ['adderss', 'address'],
    ['authpass', 'authPass'],
    ['ip', null],
    ['weight', null],
    ['', null],
  ])('%s: %s', (word, meant) => {
    expect(closest(word, known)).toBe(meant);
  });
  it('is asked for in a sentence, or not at all', () => {
    expect([didYouMean('adress', known), didYouMean('ip', known)]).toEqual([' Did you mean "address"?', '']);
  });
});

describe('a command line', () => {
  it.each([
    ['haproxy -c -f {file}', ['haproxy', '-c', '-f', '{file}']],
    ['  a   b ', ['a', 'b']],
    [`sh -c 'exec x "$1"' x {file}`, ['sh', '-c', 'exec x "$1"', 'x', '{file}']],
    [`a --b="c d"`, ['a', '--b=c d']],
    [`a "" b`, ['a', '', 'b']],
    ['', []],
  ])('%s', (text, argv) => {
    expect(splitCommandLine(text)).toEqual({ argv });
  });
  it.each(['a | b', 'a && b', 'a; b', 'a > b', 'a $B', 'a `b`', 'a *.cfg', 'a "b', "a 'b"])(
    '%s needs a shell or an end',
    (text) => {
      expect(splitCommandLine(text)).toHaveProperty('problem');
    },
  );
});

it('a path of keys reads as one would write it', () => {
  expect(formatKeyPath(['nodes', 'pi-2', 'address'])).toBe('nodes.pi-2.address');
  expect(formatKeyPath(['files', '/etc/x', 'validate', 1])).toBe('files["/etc/x"].validate[1]');
  expect(formatKeyPath([])).toBe('');
});
