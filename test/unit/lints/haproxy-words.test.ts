import { expect, test } from 'vitest';
import { bindsOf, haproxySections } from '../../../agent/lints/repository/haproxy-sections.ts';
import { haproxyWords } from '../../../agent/lints/repository/haproxy-words.ts';

// The right-hand side is what HAProxy itself named as the unknown keyword of such a line.
test.each([
  [`fo"o b"ar`, ['foo bar']],
  [`fo'o b'ar`, ['foo bar']],
  ['fo\\ o', ['fo o']],
  ['"fo\\"o"', ['fo"o']],
  [`'fo\\"o'`, ['fo\\"o']],
  [`"fo'o" 'fo"o'`, [`fo'o`, 'fo"o']],
  [`fo\\"o fo\\'o`, ['fo"o', `fo'o`]],
  ['"fo\\o" fo\\o', ['fo\\o', 'fo\\o']],
  ['"fo\\\\o" fo\\\\o', ['fo\\o', 'fo\\o']],
  [`'fo\\\\o'`, ['fo\\\\o']],
  ['foo#bar baz', ['foo']],
  ['foo\\#bar "foo#bar"', ['foo#bar', 'foo#bar']],
  ['fo\\x41o "fo\\x41o"', ['foAo', 'foAo']],
  [`'fo\\x41o'`, ['fo\\x41o']],
  ['fo\\to', ['fo\to']],
  ['"fo\\$o" fo$o fo\\$o', ['fo$o', 'fo$o', 'fo\\$o']],
  ['fo\\', ['fo\\']],
  ['"" foo', ['', 'foo']],
])('%s is read as HAProxy reads it', (line, words) => {
  expect(haproxyWords(line)).toEqual(words);
});

test('an address in quotes is listened at like any other; one in a variable is nobody’s business', () => {
  const [frontend] = haproxySections(
    `frontend "api"\n  bind "*:6443"\n  bind '10.1.233.1:6443'\n  bind "10.1.233.1":7443\n  bind "127.0.0.1:1",:2 name 'a b'\n  "bind" 10.1.1.1\\:9\n  bind "\${VIP}:3"\n`,
  );
  expect(frontend!.name).toBe('api');
  expect(bindsOf(frontend!)).toEqual([
    { address: null, port: 6443, line: 2 },
    { address: '10.1.233.1', port: 6443, line: 3 },
    { address: '10.1.233.1', port: 7443, line: 4 },
    { address: '127.0.0.1', port: 1, line: 5 },
    { address: null, port: 2, line: 5 },
  ]);
});
