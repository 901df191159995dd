import { expect, it } from 'vitest';
import { memoryTree } from '../../../agent/desired/memory-tree.ts';
import { everyHost } from '../../../agent/desired/every-host.ts';
import { formatDiagnostics } from '../../../agent/desired/diagnostics.ts';
import { KINDS } from '../../../agent/resources/index.ts';
import { LESSON } from './lesson.ts';

// A YAML file that is made to be expensive ends with a sentence. Each of these took minutes or ended the program before
// there were limits (the time-out of a test is 20 s), except where the sentence is another one.

/** As much as a file may hold. */
const filled = (piece: string, before = ''): string =>
  before + piece.repeat(Math.floor((128 * 1024 - before.length) / piece.length));
const numbered = (line: (i: number) => string): string => {
  let text = '';
  for (let i = 0; text.length < 127 * 1024; i++) text += line(i);
  return text;
};
const multiplying = ['a: &a [x, x, x]', ...'bcdefghij'.split('').map(doubled)].join('\n');
function doubled(name: string, i: number): string {
  const before = 'abcdefghij'[i]!;
  return `${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]`;
}

const ALIASES = /uses more than 100 aliases \(\*name\)/;
const DEEP = /defaults\.yaml:1:\d+: this is nested more than 64 levels deep\. Make it flatter\./;
const TWICE = /stands twice: it was already given in line 1\. Keep one of the two\./;

it.each<[string, string, RegExp]>([
  ['an anchor bomb', multiplying, ALIASES],
  ['as many aliases as fit', filled('*a,', 'a: &a 1\nb: ['), ALIASES],
  ['as many anchors as fit', filled('- &a 1\n'), ALIASES],
  [
    'an alias that is in what it stands for',
    'units: &a [*a]\n',
    /defaults\.yaml:1:11: units: a list is not a map/,
  ],
  ['brackets in brackets', filled('['), DEEP],
  ['braces in braces', filled('{a: '), DEEP],
  ['lists in lists, on one line', filled('- '), DEEP],
  ['keys that are maps', filled('? '), DEEP],
  [
    'maps in maps, each a column further in',
    Array.from({ length: 300 }, (_, i) => `${' '.repeat(i)}a:\n`).join(''),
    /:130:130: this is nested more than 64 levels/,
  ],
  [
    'a larger file than configuration is',
    'x'.repeat(128 * 1024 + 1),
    /defaults\.yaml: has more than 128 KiB/,
  ],
  ['one key again and again', filled('a: 1\n'), TWICE],
  ['a password again and again', filled('token: a\n'), TWICE],
  ['a quote that is never closed', filled('x', 'a: "'), /this quote is never closed/],
  ['a bracket that is never closed', filled('x,', 'a: ['), /this "\[" is never closed/],
  ['beginnings of addresses', filled('https://', 'a: ["@'), /this quote is never closed/],
  ['addresses', filled(',https://x', 'a: [1'), /this "\[" is never closed/],
  ['words that could name a secret', filled('token', 'a: "'), /this quote is never closed/],
  ['unknown keys', numbered((i) => `k${i}: 1\n`), /k0: unknown key\./],
  [
    'units with unknown keys',
    `units:\n${numbered((i) => `  u${i}: { a: 1 }\n`).slice(0, 127_000)}`,
    /defaults\.yaml:/,
  ],
  ['tags', filled('- !a b\n'), /Holdfast knows no tags/],
  ['colons', filled(': '), /defaults\.yaml:1:/],
  ['quotes', filled('"'), /defaults\.yaml:1:/],
  ['null bytes', filled('\0'), /defaults\.yaml:/],
  ['a text that is no UTF-16', 'a: "\ud800"\n', /unknown key/],
])('%s', async (_, text, said) => {
  const { diagnostics } = await everyHost(memoryTree({ ...LESSON, 'defaults.yaml': text }), KINDS);
  const shown = formatDiagnostics(diagnostics, { colour: false });
  expect(shown).toMatch(said);
  // However much is wrong, what is said can be read.
  expect(diagnostics.length).toBeLessThanOrEqual(60);
});

it('what people write is not taken for a bomb: long lists in one line, texts far to the right, brackets in texts', async () => {
  const rules = Array.from({ length: 200 }, (_, i) => `"allow ${20_000 + i}/tcp"`).join(', ');
  const text = `files:
  /etc/a.conf:
    header: false
    content: |
      ${'['.repeat(200)}
      ${' '.repeat(400)}far
ufw: { enabled: true, rules: ["allow 22/tcp", ${rules}] } ${' '.repeat(300)}# far
`;
  const { diagnostics } = await everyHost(memoryTree({ ...LESSON, 'defaults.yaml': text }), KINDS);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
});
