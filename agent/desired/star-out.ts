import { isAlias, isPair, isScalar, visit, type Document } from 'yaml';

/** Keys whose values are nobody's business, misspelt ones too. */
const SECRET_KEY = /auth.?pass|password|token/i;

/**
 * The file's text with every value that may be a secret replaced by stars of the same length, so that a diagnostic
 * can show a line, and its caret still points at the right place. Where the YAML is broken nothing can be located:
 * there the rest of the line after such a key goes.
 */
export function starOut(text: string, doc: Document): string {
  let shown = text;
  visit(doc, {
    Pair(_, pair) {
      if (!isPair(pair) || !isScalar(pair.key)) return;
      if (!isScalar(pair.value) && !isAlias(pair.value)) return;
      if (SECRET_KEY.test(String(pair.key.value))) shown = cover(shown, pair.value.range);
    },
  });
  if (doc.errors.length > 0)
    shown = shown.replace(/(\w*(?:auth.?pass|password|token)\w*["']?\s*:)(.*)$/gim, starsAfter);
  return shown
    .replace(/(auth_pass\s+)(\S+)/g, starsAfter)
    .replace(/(:\/\/[^/\s:@]*:)([^/\s@]+)(?=@)/g, starsAfter);
}

const starsAfter = (_: string, before: string, secret: string): string => before + secret.replace(/\S/g, '*');

function cover(text: string, range: readonly [number, number, number] | null | undefined): string {
  if (!range) return text;
  const [from, to] = range;
  return text.slice(0, from) + text.slice(from, to).replace(/[^\s]/g, '*') + text.slice(to);
}
