import { Script } from 'node:vm';
import { TemplateFailure } from './template-failure.ts';

/**
 * A template that does not compile, with its line. Eta says the line of an unclosed tag; of wrong JavaScript it says
 * none, so the compiled function is parsed once more for its line, and that is traced back through the marks that
 * eta's debug mode leaves (`__eta.line=12`).
 */
export function syntaxFailure(error: Error, file: string | null, compiled: () => string): TemplateFailure {
  const told = /^unclosed (tag|string|comment) at line (\d+)/.exec(error.message);
  if (told)
    return new TemplateFailure(
      { file, line: Number(told[2]) },
      UNCLOSED[told[1] ?? ''] ?? error.message,
      null,
    );
  const text = /^Bad template syntax\n\n(.+)/.exec(error.message)?.[1] ?? error.message;
  return new TemplateFailure({ file, line: lineOf(compiled()) }, sentence(text), null);
}

const UNCLOSED: Readonly<Record<string, string>> = {
  tag: 'a "<%" is never closed. Add the "%>".',
  string: 'a quote in <% %> is never closed. Close it.',
  comment: 'a comment in <% %> is never closed. Add the "*/".',
};

/** Eta wraps a template in `try { … } catch`, so a brace too few or too many is reported as about these. */
function sentence(text: string): string {
  if (/token 'catch'/.test(text))
    return 'a "{" or "(" in <% %> is never closed. Add the <% } %> that ends it.';
  if (/Missing catch/.test(text)) return 'there is a <% } %> too many. Remove it, or open its "{".';
  return `the JavaScript in <% %> is wrong: ${text}.`;
}

function lineOf(compiled: string): number {
  const marks = [...compiled.matchAll(/^__eta\.line=(\d+);$/gm)];
  const at = parseErrorLine(compiled);
  const before = marks.filter(({ index }) => compiled.slice(0, index).split('\n').length <= at);
  return Number((before.at(-1) ?? marks[0])?.[1] ?? 1);
}

function parseErrorLine(compiled: string): number {
  try {
    // Parsed, never run. The first line of the function is the first of the compiled text.
    void new Script(`(function (it, options) {${compiled}\n})`, { filename: 'template' });
    return Number.POSITIVE_INFINITY;
  } catch (error) {
    const line = error instanceof Error ? /^template:(\d+)/.exec(error.stack ?? '')?.[1] : undefined;
    return line === undefined ? Number.POSITIVE_INFINITY : Number(line);
  }
}
