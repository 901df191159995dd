import { createColors } from 'picocolors';

/** One sentence a problem: what, where, why, and the way out. */
export type Diagnostic = {
  readonly severity: 'error' | 'warning';
  /** Relative to the state repository; `null` when no file is to blame. */
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  /** The path of keys, as in `nodes.kubernetes-node-2.address`; empty when the file itself is meant. */
  readonly path: string;
  /** What is wrong and how to mend it, in full sentences. */
  readonly message: string;
  /** The source line that `column` points into, secrets starred out. */
  readonly source: string | null;
};

/** A diagnostic about a file as a whole, or about no file. */
export const aboutFile = (
  file: string | null,
  message: string,
  severity: Diagnostic['severity'] = 'error',
): Diagnostic => ({ severity, file, line: null, column: null, path: '', message, source: null });

/** Of one kind and one file: whoever has read so many mends some of them and looks again. */
export const MOST_SAID = 50;

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some((diagnostic) => diagnostic.severity === 'error');

/** In reading order: by file, line and column. Exact repetitions are dropped. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const unique = new Map(diagnostics.map((diagnostic) => [JSON.stringify(diagnostic), diagnostic]));
  return [...unique.values()].sort(
    (a, b) =>
      order(a.file ?? '', b.file ?? '') ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0) ||
      order(a.path, b.path) ||
      order(a.message, b.message),
  );
}
const order = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

/** `file:line:col: path: what, why, how to mend`, then the source line and a caret under what is meant. */
export function formatDiagnostic(diagnostic: Diagnostic, options: { readonly colour: boolean }): string {
  const { bold, red, yellow, dim } = createColors(options.colour);
  const { file, line, column, path, severity } = diagnostic;
  const place = [file, line, column].filter((part) => part !== null).join(':');
  const head = [
    place && `${bold(printable(place))}: `,
    severity === 'warning' ? `${yellow('warning')}: ` : '',
    path && `${printable(path)}: `,
    printable(diagnostic.message),
  ].join('');
  if (diagnostic.source === null || diagnostic.source.trim() === '' || column === null) return head;
  const { text, caret } = excerpt(diagnostic.source, column);
  return `${head}\n${dim(text)}\n${(severity === 'warning' ? yellow : red)(caret)}`;
}

export const formatDiagnostics = (
  diagnostics: readonly Diagnostic[],
  options: { readonly colour: boolean },
): string =>
  sortDiagnostics(diagnostics)
    .map((diagnostic) => formatDiagnostic(diagnostic, options))
    .join('\n');

const WIDEST = 100;
/** A line that fits a screen, indented by four, and the caret below the column. Tabs stay tabs in both. */
function excerpt(source: string, column: number): { readonly text: string; readonly caret: string } {
  const from = source.length <= WIDEST ? 0 : Math.max(0, Math.min(column - 1 - 40, source.length - WIDEST));
  const text = printable(source.slice(from, from + WIDEST));
  const pad = text.slice(0, column - 1 - from).replace(/[^\t]/g, ' ');
  return { text: `    ${text}`, caret: `    ${pad}^` };
}

/** What comes from a repository must not steer the terminal that shows it. */
const printable = (text: string): string => text.replace(ACTING, '\ufffd');
// Control characters but tab and newline; line separators; what reverses the direction of text (UAX #9).
const ACTING = /(?![\t\n])\p{Cc}|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
