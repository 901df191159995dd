import { isCollection, isScalar, visit, type Document, type ErrorCode, type YAMLError } from 'yaml';

export const BAD_ALIAS =
  'a value that begins with "*" is an alias to YAML, and no anchor of this name comes before it. Put the value in quotes.';

/** What each of the yaml package's complaints means to a person, and the way out. */
const SENTENCES: Partial<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias (*name) cannot have a tag or an anchor of its own. Remove it.',
  BAD_ALIAS,
  BAD_DQ_ESCAPE:
    'a backslash in double quotes begins an escape that YAML does not know. Use single quotes, or write the backslash twice.',
  BAD_INDENT: 'this line is not indented like the lines that it belongs to. Line it up with its neighbours.',
  BAD_SCALAR_START: 'a plain value cannot begin with this character. Put the value in quotes.',
  BLOCK_AS_IMPLICIT_KEY:
    'a value cannot be followed by another "key: value". If its ": " is text, put it in quotes; if keys belong under it, begin them on the next line.',
  BLOCK_IN_FLOW: 'a comma is missing between two entries. Add it.',
  MULTILINE_IMPLICIT_KEY: 'a key must be followed by ": " on its own line. Add the colon and the space.',
  MULTIPLE_DOCS: 'a second document begins here ("---"). Keep one document in a file.',
  NON_STRING_KEY: 'a key must be plain text. Put it in quotes.',
  RESOURCE_EXHAUSTION: 'this is nested too deeply. Make it flatter.',
  TAB_AS_INDENT: 'a tab indents this line, and YAML indents with spaces only. Replace the tab.',
  TAG_RESOLVE_FAILED: 'Holdfast knows no tags (!name). Remove the tag, or put the value in quotes.',
  UNEXPECTED_TOKEN: 'YAML cannot make sense of this. Look for a missing quote, bracket or colon before it.',
};

/** Never the package's own text: it may quote the file, and a password may stand there. */
export function syntaxSentence(error: YAMLError): string {
  const unclosed = unclosedOf(error);
  if (unclosed === 'quote') return 'this quote is never closed. Close it.';
  if (unclosed === 'map') return 'this "{" is never closed. Add the "}".';
  if (unclosed === 'sequence') return 'this "[" is never closed. Add the "]".';
  if (error.code === 'MISSING_CHAR' && /values/.test(error.message))
    return 'a key must be followed by ": ". Add the colon and the space.';
  return (
    SENTENCES[error.code] ?? `is not valid YAML (${error.code}). Look at this line and the one before it.`
  );
}

const unclosedOf = ({ message }: YAMLError): 'quote' | 'map' | 'sequence' | null =>
  /^Missing closing .quote/.test(message)
    ? 'quote'
    : ((/^Flow (map|sequence)/.exec(message)?.[1] as 'map' | 'sequence' | undefined) ?? null);

/** Where the quote or bracket that is never closed was opened: the package only tells where it gave up. */
export function openedBefore(doc: Document, error: YAMLError): number | null {
  if (unclosedOf(error) === null) return null;
  let opened: number | null = null;
  visit(doc, {
    Node(_, node) {
      const start = node.range?.[0] ?? 0;
      const canBeOpen =
        (isCollection(node) && node.flow === true) ||
        (isScalar(node) && (node.type ?? '').startsWith('QUOTE_'));
      if (canBeOpen && start < error.pos[0] && (node.range?.[1] ?? 0) >= error.pos[0] - 1) opened = start;
    },
  });
  return opened;
}
