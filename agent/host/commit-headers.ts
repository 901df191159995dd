/**
 * The headers of a commit object (gitformat-signature(5)), read as Git reads them: a line ends with a line feed and
 * nothing else. A pattern would see a line also behind a carriage return, and so another signature than Git verifies.
 * Nothing here looks at a byte more than a few times: who may push an unsigned commit chooses what is in it.
 */

/** All before the empty line. */
export function headerPart(text: string): string {
  const end = text.indexOf('\n\n');
  return end === -1 ? text : text.slice(0, end);
}

/** The value of the first header of this name, its further lines included; `null`: there is none. */
export function headerIn(headers: string, name: string): string | null {
  const begins = `${name} `;
  const at = headers.startsWith(begins) ? 0 : headers.indexOf(`\n${begins}`) + 1;
  if (at === 0 && !headers.startsWith(begins)) return null;
  let end = headers.indexOf('\n', at);
  while (end !== -1 && headers[end + 1] === ' ') end = headers.indexOf('\n', end + 1);
  return headers.slice(at + begins.length, end === -1 ? headers.length : end);
}

/** `Ada <ada@home> 1767323045 +0000`, as split_ident_line() of Git takes it apart. */
export function identIn(value: string): { readonly name: string; readonly email: string } {
  const from = value.indexOf('<');
  const to = value.indexOf('>', from);
  if (from === -1 || to === -1) return { name: '', email: '' };
  return { name: value.slice(0, from).trim(), email: value.slice(from + 1, to) };
}
