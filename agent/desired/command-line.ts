/**
 * A command line split into words, as a shell would for plain words and quotes, and no further: nothing is expanded
 * and no shell runs it. What only a shell could do is a problem, said instead of passed on as an odd argument.
 */
export function splitCommandLine(
  text: string,
): { readonly argv: readonly string[] } | { readonly problem: string } {
  const argv: string[] = [];
  let word: string | null = null;
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charAt(i);
    if (char === '"' || char === "'") {
      const end = text.indexOf(char, i + 1);
      if (end === -1) return { problem: `a ${char} is opened and never closed. Close it.` };
      word = (word ?? '') + text.slice(i + 1, end);
      i = end;
    } else if (/\s/.test(char)) {
      if (word !== null) argv.push(word);
      word = null;
    } else if (SHELL_ONLY.has(char)) {
      return {
        problem: `${JSON.stringify(char)} has no meaning here, because no shell runs this command. Put a script on the host and name it, or quote the word if the character belongs to it.`,
      };
    } else word = (word ?? '') + char;
  }
  if (word !== null) argv.push(word);
  return { argv };
}
const SHELL_ONLY = new Set(['|', '&', ';', '<', '>', '$', '`', '*', '\\']);
