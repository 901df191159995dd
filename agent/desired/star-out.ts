import { isMap, isNode, isScalar, visit, type Document, type Pair } from 'yaml';

/** Keys whose values are nobody's business, misspelt ones too. */
const SECRET_KEY = /auth.?pass|password|token/i;
/** What may stand in such a value's place: only the name of what holds it. */
const NAMES_OF_SECRETS = new Set(['file', 'secret']);

/**
 * The file's text with every value that may be a secret replaced by stars of the same length, so that a diagnostic
 * can show a line, and its caret still points at the right place. Where the YAML is broken nothing can be located:
 * there the rest of the line after such a key goes.
 */
export function starOut(text: string, doc: Document): string {
  let shown = text;
  visit(doc, {
    Pair(_, pair) {
      if (!isScalar(pair.key)) return;
      if (isMisplaced(pair)) shown = coverValue(shown, pair);
      if (!SECRET_KEY.test(String(pair.key.value))) return;
      const inside = isMap(pair.value) ? pair.value.items.filter((item) => !isNameOfSecret(item)) : [pair];
      for (const item of inside) shown = coverValue(shown, item);
    },
  });
  if (doc.errors.length > 0)
    shown = shown.replace(/((?:auth.?pass|password|token)\w{0,99}["']?\s*:)(.*)$/gim, starsAfter);
  visit(doc, {
    Scalar(_, { range }) {
      if (range && shown.slice(range[0], range[1]).includes('://'))
        shown = coverRange(shown, range[0], range[1], coverAddress);
    },
  });
  return shown
    .replace(/(auth_pass\s+)(\S+)/g, starsAfter)
    .replace(/(AGE-SECRET-KEY-)(\S+)/gi, starsAfter)
    .replace(/.+/g, coverAddress);
}

/**
 * In an address: all before its last "@" but a name, and what its queries say. A password with a blank, a slash or a
 * number sign in it is a mistake, and no reason to show the rest of it: so it is as well for whole lines, where such a
 * sign ends the value. Rather too many stars than one too few.
 */
function coverAddress(text: string): string {
  if (!text.includes('://')) return text;
  const covered = [/https?:\/\//i, /:\/\/[^/\s:@]*:/].reduce(starsUpToLastAt, text);
  return covered.replace(/:\/\/[^]*/, (address) => address.replace(/([?&][\w.~%-]+=)([^&"']*)/g, starsAfter));
}

/** By position: a pattern that looks for the last "@" would look anew from each of its many beginnings. */
function starsUpToLastAt(text: string, beginning: RegExp): string {
  const found = beginning.exec(text);
  const from = found === null ? -1 : found.index + found[0].length;
  return from === -1 ? text : coverRange(text, from, Math.max(from, text.lastIndexOf('@')), stars);
}

const coverRange = (text: string, from: number, to: number, cover: (part: string) => string): string =>
  text.slice(0, from) + cover(text.slice(from, to)) + text.slice(to);

/** `secret: …` names one. What cannot be a name may be the secret itself. */
const isMisplaced = ({ key, value }: Pair): boolean =>
  isScalar(key) &&
  key.value === 'secret' &&
  !(isScalar(value) && /^(true|false|[\w./-]+)$/.test(String(value.value)));

const isNameOfSecret = ({ key }: Pair): boolean => isScalar(key) && NAMES_OF_SECRETS.has(String(key.value));

const starsAfter = (_: string, before: string, secret: string): string => before + stars(secret);
const stars = (secret: string): string => secret.replace(/\S/g, '*');

/** All that stands behind the colon: a tag or an anchor may be the beginning of a password. */
function coverValue(text: string, { key, value }: Pair): string {
  const from = isNode(key) ? key.range?.[1] : undefined;
  const to = isNode(value) ? value.range?.[1] : undefined;
  if (from === undefined || to === undefined) return text;
  const [colon = ''] = /^["']?\s*:?\s*/.exec(text.slice(from, to)) ?? [];
  const begin = from + colon.length;
  return coverRange(text, begin, to, stars);
}
