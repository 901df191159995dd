import { expect, test } from 'vitest';
import { formatAddress, parseAddress } from '../../../agent/resources/yaml-path.ts';

test.each([
  ['spec', [{ key: 'spec' }], null],
  ['a.b-c._d', [{ key: 'a' }, { key: 'b-c' }, { key: '_d' }], null],
  ['a["x.y/z"].b', [{ key: 'a' }, { key: 'x.y/z' }, { key: 'b' }], null],
  ['["x.y"]', [{ key: 'x.y' }], null],
  ['a["say \\"x\\""]', [{ key: 'a' }, { key: 'say "x"' }], null],
  ['a[name=b c].d', [{ key: 'a' }, { by: 'name', is: 'b c' }, { key: 'd' }], null],
  ['a[name="b]"]', [{ key: 'a' }, { by: 'name', is: 'b]' }], null],
  ['a[name=b].c[--d-e]', [{ key: 'a' }, { by: 'name', is: 'b' }, { key: 'c' }], '--d-e'],
])('%s', (text, path, flag) => {
  const parsed = parseAddress(text);
  expect(parsed).toEqual({ path, flag });
  expect(formatAddress(parsed as never)).toBe(text);
});

test.each([
  ['', 'does not begin with a key'],
  ['[name=a].b', 'does not begin with a key'],
  ['[--a]', 'does not begin with a key'],
  ['.a', 'is no path from its beginning on'],
  ['a..b', 'is no path from its character 2 on'],
  ['a.', 'is no path from its character 2 on'],
  ['a["b"]c', 'is no path from its character 7 on'],
  ['a[0].b', 'counts the items of a list'],
  ["a['b']", 'in brackets stands key=value'],
  ['a[b]', 'in brackets stands key=value'],
  ['a[--b].c', 'is no path from its character 7 on'],
  ['a b', 'is no path from its character 2 on'],
  ['a["\\x"]', 'is no path from its character 2 on'],
])('%j is refused: %s', (text, sentence) => {
  expect(parseAddress(text)).toMatchObject({ problem: expect.stringContaining(sentence) as string });
});
