const MASK = '****';
/** A shorter word of a longer secret (a brace, a number) says nothing, and is in every other sentence. */
const SHORTEST_PART = 4;

/**
 * A sentence without secrets: somebody else's words (a validator's, a template's own error) may quote a line, a word
 * or the whole of one, as it is or as JSON, an address, base64 or hexadecimal digits spell it.
 */
export function hushed(sentence: string, secrets: readonly string[]): string {
  const parts = new Set(secrets.flatMap(partsOf));
  // The longest first: what is left of a line whose word was masked could not be found any more.
  return [...parts]
    .toSorted((a, b) => b.length - a.length)
    .reduce((text, part) => text.replaceAll(part, MASK), sentence);
}

function partsOf(secret: string): readonly string[] {
  const whole = secret.trim();
  if (whole === '') return [];
  const within = [...whole.split(/\r?\n/).map((line) => line.trim()), ...whole.split(/\s+/)];
  const parts = [whole, ...within.filter((part) => part.length >= SHORTEST_PART)];
  return parts.flatMap((part) => [part, JSON.stringify(part).slice(1, -1), ...encoded(part)]);
}

/** Without base64's padding, which says nothing. Of a short one too much would look like it. */
function encoded(part: string): readonly string[] {
  if (part.length < SHORTEST_PART) return [];
  const bytes = Buffer.from(part);
  const ways = ['base64', 'base64url', 'hex'] as const;
  // A lone half of a character, which has no address, is gone from the bytes.
  return [encodeURIComponent(bytes.toString()), ...ways.map((way) => bytes.toString(way).replace(/=+$/, ''))];
}

/** Where in a text secrets stand, in characters: what a state can keep of them without holding one. */
export type Span = readonly [from: number, length: number];

export function spansOf(text: string, secrets: readonly string[]): readonly Span[] {
  const found: Span[] = [];
  for (const secret of new Set(secrets.map((one) => one.trim())))
    for (let at = text.indexOf(secret); secret !== '' && at !== -1; at = text.indexOf(secret, at + 1))
      found.push([at, secret.length]);
  return found;
}

export const inSpans = (text: string, spans: readonly Span[]): readonly string[] =>
  spans.map(([from, length]) => text.slice(from, from + length));
