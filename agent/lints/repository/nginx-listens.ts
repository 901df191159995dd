import type { Bind } from './haproxy-sections.ts';

/** Every `listen` of an nginx.conf, in `stream` and `http` alike. IPv6, names and sockets are nobody's business here. */
export const nginxListens = (text: string): readonly Bind[] =>
  [...statementsIn(text)]
    .filter(({ words }) => words[0] === 'listen')
    .flatMap(({ words, line }) => listenOf(words[1] ?? '', line));

type Statement = { readonly words: readonly string[]; readonly line: number };

const PIECES = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|#.*$|[{};]|(?:\\.|[^\s{};"'#])(?:\\.|[^\s{};])*/g;

/** Beginner's guide, "Configuration File's Structure": a directive ends in `;` or opens a block, `#` begins a comment. */
function* statementsIn(text: string): Generator<Statement> {
  let words: string[] = [];
  let begun = 0;
  for (const [index, whole] of text.split('\n').entries()) {
    for (const piece of whole.match(PIECES) ?? []) {
      if (piece.startsWith('#')) continue;
      if (!/^[{};]$/.test(piece)) {
        if (words.length === 0) begun = index + 1;
        words.push(piece);
        continue;
      }
      if (words.length > 0) yield { words, line: begun };
      words = [];
    }
  }
}

/** `listen 6443`, `*:6443` and `10.1.233.1:6443`; in `http` an address alone means port 80. */
function listenOf(where: string, line: number): readonly Bind[] {
  const [, address, port] = /^(?:(\*|\d+\.[\d.]+):)?(\d+)$/.exec(where) ?? [];
  if (port === undefined) return [];
  const isAny = address === undefined || address === '*' || address === '0.0.0.0';
  return [{ address: isAny ? null : address, port: Number(port), line }];
}
