/** Parts of a word: in weak quotes, in strong ones, escaped, or neither; and a comment, which begins anywhere. */
const WORDS = /(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|\\$|[^\s#"'\\])+|#.*$/g;
const QUOTED = /"((?:\\.|[^"\\])*)"|'([^']*)'|(\\x[\da-fA-F]{2}|\\.)/g;
const ESCAPED = /\\(x[\da-fA-F]{2}|.)/g;

/**
 * The words of a line of haproxy.cfg as HAProxy takes them (configuration manual, 2.2; tools.c, parse_line): quotes may
 * stand in the middle of a word; in strong ones nothing means anything but their end. A variable in weak quotes stays
 * as it is written: its value is the service's business.
 */
export const haproxyWords = (line: string): readonly string[] =>
  (line.match(WORDS) ?? [])
    .filter((word) => !word.startsWith('#'))
    .map((word) =>
      word.replace(QUOTED, (_all, weak?: string, strong?: string, bare?: string) =>
        weak === undefined ? (strong ?? unescaped(bare!)) : unescaped(weak, '$'),
      ),
    );

const unescaped = (text: string, alsoEscaped = ''): string =>
  text.replace(ESCAPED, (all, what: string) => {
    if (what.length > 1) return String.fromCharCode(Number.parseInt(what.slice(1), 16));
    return ` \\#"'${alsoEscaped}`.includes(what) ? what : (NOT_PRINTABLE[what] ?? all);
  });

const NOT_PRINTABLE: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
