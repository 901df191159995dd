/**
 * Text from outside (a commit's subject, a tool's output, a file name) as it may be shown: control characters and
 * terminal escapes become visible instead of acting, and so does what reverses the direction of text. Newlines and
 * tabs stay. journald would also show an entry with a control character only as "[N blob data]".
 */
export function harmless(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(ACTING, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

// Cc but tab and newline; line and paragraph separators; bidirectional marks, embeddings and isolates; lone surrogates.
const ACTING =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\p{Cs}]/gu;

/** At most this many characters, saying how many more there were. */
export function capped(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length - most} more characters)`;
}
