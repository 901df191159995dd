import { CST, Lexer } from 'yaml';

// A YAML file is parsed, located and shown by functions that call themselves for every level, and look at every alias
// and entry several times: on a file made to be expensive they would take minutes, or end the agent. So how much there
// is, and how deep, is counted first, in one pass over its tokens.

/** Far more than a cluster needs; a longer text belongs under files/. */
const LARGEST = 128 * 1024;
/** The schemas know about ten. */
const DEEPEST = 64;
/** Enough for a person, too few for a bomb. */
export const MOST_ALIASES = 100;

/** `at`: an offset into the text, or `null` when the file as a whole is meant. */
export type TooMuch = { readonly at: number | null; readonly sentence: string };

/** What is too much about a YAML text for it to be looked at at all; `null`: nothing. */
export function tooMuchYaml(text: string): TooMuch | null {
  if (text.length > LARGEST)
    return {
      at: null,
      sentence: `has more than ${LARGEST / 1024} KiB; YAML is configuration. Put long texts under files/, and name them with source or template.`,
    };
  const depth = depths();
  const named = { alias: 0, anchor: 0 };
  let at = 0;
  for (const { kind, token } of tokensOf(text)) {
    if (depth(kind, token) > DEEPEST)
      return { at, sentence: `this is nested more than ${DEEPEST} levels deep. Make it flatter.` };
    if ((kind === 'alias' || kind === 'anchor') && ++named[kind] > MOST_ALIASES)
      return { at, sentence: ALIASES };
    at += token.length;
  }
  return null;
}

const ALIASES = `this file uses more than ${MOST_ALIASES} aliases (*name) or anchors (&name). Write the values out.`;

type Token = { readonly kind: CST.TokenType | 'text' | null; readonly token: string };

/** Without the marks that the lexer puts between them and that stand nowhere in the text. */
function* tokensOf(text: string): Generator<Token> {
  let isText = false;
  for (const token of new Lexer().lex(text)) {
    if (token === CST.SCALAR) isText = true;
    else if (token !== CST.DOCUMENT && token !== CST.FLOW_END) {
      yield { kind: isText ? 'text' : CST.tokenType(token), token };
      isText = false;
    }
  }
}

/** How deep a token stands, at most: open brackets, columns of indentation, and the "- - -" or "? ? ?" of its line. */
function depths(): (kind: Token['kind'], token: string) => number {
  let open = 0;
  let columns = 0;
  let marks = 0;
  let atStart = true;
  return (kind, token) => {
    if (kind === 'newline' || token.endsWith('\n')) [columns, marks, atStart] = [0, 0, true];
    else if (kind === 'space' && atStart) columns = token.length;
    if (kind === 'space' || kind === 'comment' || kind === 'newline') return 0;
    atStart = token.endsWith('\n');
    if (kind === 'flow-map-start' || kind === 'flow-seq-start') open += 1;
    else if (kind === 'flow-map-end' || kind === 'flow-seq-end') open = Math.max(0, open - 1);
    else if (open === 0 && (kind === 'seq-item-ind' || kind === 'explicit-key-ind')) marks += 1;
    // People indent by two; who indents by one may go twice as deep, which is still harmless.
    return open + marks + columns / 2;
  };
}
