import { isScalar, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { aboutFile, MOST_SAID, type Diagnostic } from './diagnostics.ts';
import { formatKeyPath, type KeyPath } from './key-path.ts';
import { starOut } from './star-out.ts';
import { MOST_ALIASES, tooMuchYaml, type TooMuch } from './yaml-limits.ts';
import { locator } from './yaml-locate.ts';
import { structureProblems, type StructureProblem } from './yaml-structure.ts';
import { BAD_ALIAS, openedBefore, syntaxSentence } from './yaml-syntax.ts';
import { unquotedStar } from './yaml-unquoted.ts';

export type Place = { readonly line: number; readonly column: number };
/** At the key or at the value; a key that is missing is pointed at by the deepest map that should hold it. */
export type Pointing = { readonly on?: 'key' | 'value'; readonly severity?: Diagnostic['severity'] };

/** A YAML file that parsed: its value, and where each key and value stands. */
export type YamlSource = {
  readonly file: string;
  readonly value: unknown;
  place(path: KeyPath, on: 'key' | 'value'): Place;
  /** A value as it is written, where it stands in no quotes; else `null`. */
  unquoted(path: KeyPath): string | null;
  diagnose(path: KeyPath, message: string, how?: Pointing): Diagnostic;
  /** A diagnostic at a place that no path names: a line of a template that stands in the file. */
  diagnoseAt(path: KeyPath, place: Place, message: string): Diagnostic;
  /** Where line `line` (from 1) of a string stands: exact in a block after `|`, else where the string begins. */
  textPlace(path: KeyPath, line: number): Place;
};

/** `source` is null when the file is no YAML (then a diagnostic says why) or holds nothing at all (then none does). */
export function parseYaml(
  file: string,
  text: string,
): { readonly source: YamlSource | null; readonly diagnostics: readonly Diagnostic[] } {
  const expensive = tooMuchYaml(text);
  if (expensive !== null) return { source: null, diagnostics: [notLookedAt(file, text, expensive)] };
  try {
    const lines = new LineCounter();
    const doc = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      stringKeys: true,
      uniqueKeys: false,
    });
    const diagnostics = problems(file, text, doc, lines);
    if (diagnostics.length > 0) return { source: null, diagnostics };
    const value: unknown = doc.toJS({ maxAliasCount: MOST_ALIASES });
    const source = value === null ? null : sourceOf(file, text, doc, lines, value);
    return { source, diagnostics };
  } catch (error) {
    return { source: null, diagnostics: [aboutFile(file, `cannot be read as YAML: ${why(error)}`)] };
  }
}

/** Its line is not shown: what may be a secret in it can only be told by parsing. */
function notLookedAt(file: string, text: string, { at, sentence }: TooMuch): Diagnostic {
  if (at === null) return aboutFile(file, sentence);
  const before = text.slice(0, at).split('\n');
  return { ...aboutFile(file, sentence), line: before.length, column: before.at(-1)!.length + 1 };
}

function why(error: unknown): string {
  if (error instanceof ReferenceError)
    return `it uses more than ${MOST_ALIASES} aliases (*name). Write the values out.`;
  return error instanceof RangeError ? 'it is nested too deeply. Make it flatter.' : String(error);
}

function problems(
  file: string,
  text: string,
  doc: Document.Parsed,
  lines: LineCounter,
): readonly Diagnostic[] {
  const at = (offset: number): Place => placeAt(lines, offset);
  const syntax = doc.errors[0] ?? doc.warnings[0];
  // One slip makes YAML complain several times; what comes after the first is guesswork.
  if (syntax) {
    const unquoted = unquotedStar(text, syntax);
    const place = at(unquoted?.at ?? openedBefore(doc, syntax) ?? syntax.pos[0]);
    const sentence = unquoted?.sentence ?? syntaxSentence(syntax);
    return [sourceOf(file, text, doc, lines, null).diagnoseAt([], place, sentence)];
  }
  const found = structureProblems(doc);
  if (found.length === 0) return [];
  const source = sourceOf(file, text, doc, lines, null);
  const sentence = (problem: StructureProblem): string =>
    'unknownAlias' in problem
      ? BAD_ALIAS
      : `stands twice: it was already given in line ${at(problem.duplicateOf).line}. Keep one of the two.`;
  return found
    .slice(0, MOST_SAID)
    .map((problem) => source.diagnoseAt(problem.path, at(problem.at), sentence(problem)));
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

function sourceOf(
  file: string,
  text: string,
  doc: Document.Parsed,
  lines: LineCounter,
  value: unknown,
): YamlSource {
  const locate = locator(doc);
  let shown: readonly string[] | null = null;
  const lineText = (number: number): string | null => {
    shown ??= starOut(text, doc).split(/\r?\n/);
    return shown[number - 1] ?? null;
  };
  const startOf = (node: Node | null): Place => placeAt(lines, node?.range?.[0] ?? 0);
  const diagnoseAt: YamlSource['diagnoseAt'] = (path, place, message) => ({
    severity: 'error',
    file,
    ...place,
    path: formatKeyPath(path),
    message,
    source: lineText(place.line),
  });
  return {
    file,
    value,
    diagnoseAt,
    place: (path, on) => startOf(locate(path, on)),
    unquoted: (path) => {
      const node = locate(path, 'value');
      return isScalar(node) && node.type === 'PLAIN' ? (node.source ?? null) : null;
    },
    diagnose: (path, message, { on = 'value', severity = 'error' } = {}) => ({
      ...diagnoseAt(path, startOf(locate(path, on)), message),
      severity,
    }),
    textPlace: (path, line) => {
      const node = locate(path, 'value');
      const place = startOf(node);
      const isBlock = isScalar(node) && node.type === 'BLOCK_LITERAL';
      return isBlock ? { line: place.line + line, column: 1 } : place;
    },
  };
}
