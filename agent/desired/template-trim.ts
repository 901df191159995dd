import type { EtaConfig } from 'eta/core';

type AstNode = string | { readonly t: string; readonly val: string };
type Plugin = EtaConfig['plugins'][number];

/** Text between tags reaches a plugin already escaped for a JavaScript string: a newline is the two characters `\n`. */
const BEGINS_WITH_LINE_END = /^[ \t]*\\n/;
const ENDS_AT_LINE_START = /(^|(?<!\\)(?:\\\\)*\\n)[ \t]*$/;

/** A code tag alone on its line(s), ending in `-%>`. The replacement is as long, so that line numbers stay true. */
const ENDS_LINE_BY_DASH = /^([ \t]*<%(?![=~])(?:(?!%>)[^])*?)-%>(?=[ \t]*(?:\r?\n|$))/gm;

/**
 * A line that holds nothing but `<% code %>` leaves no line behind; everything else is printed as it stands. (Eta
 * itself either keeps such lines or also eats the newline after `<%= value %>`, which joins lines of a
 * configuration file.)
 */
export const trimCodeLines: Plugin = {
  // `-%>` says the same for one line. Eta would act on it too, and the blank line after such a line would be lost.
  processTemplate: (template) => template.replace(ENDS_LINE_BY_DASH, '$1 %>'),
  processAST: (ast) => {
    const nodes: readonly AstNode[] = ast;
    const trimmed = [...ast];
    for (const { first, last } of runsOfCode(nodes)) {
      const before = nodes[first - 1];
      const after = nodes[last + 1];
      const atStart = before === undefined || (typeof before === 'string' && startsLine(before, first - 1));
      const atEnd = after === undefined || (typeof after === 'string' && BEGINS_WITH_LINE_END.test(after));
      if (!atStart || !atEnd) continue;
      for (let index = first - 1; index <= last; index += 1) {
        const node = trimmed[index];
        if (typeof node === 'string') trimmed[index] = node.replace(/[ \t]*$/, '');
      }
      const next = trimmed[last + 1];
      if (typeof next === 'string') trimmed[last + 1] = next.replace(BEGINS_WITH_LINE_END, '');
    }
    return trimmed;
  },
};

/** Blanks alone begin a line only at the beginning of the template. */
function startsLine(textBefore: string, index: number): boolean {
  return /\\n/.test(textBefore) || index === 0 ? ENDS_AT_LINE_START.test(textBefore) : false;
}

/** Code tags with nothing but blanks between them, by their positions. */
function runsOfCode(nodes: readonly AstNode[]): readonly { readonly first: number; readonly last: number }[] {
  const runs: { first: number; last: number }[] = [];
  nodes.forEach((node, index) => {
    if (typeof node === 'string' || node.t !== 'e') return;
    const run = runs.at(-1);
    const between = run ? nodes.slice(run.last + 1, index) : [];
    if (run && between.every((part) => typeof part === 'string' && /^[ \t]*$/.test(part))) run.last = index;
    else runs.push({ first: index, last: index });
  });
  return runs;
}
