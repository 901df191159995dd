import type { Diagnostic } from './diagnostics.ts';
import type { Written } from './layers.ts';
import { readText } from './load.ts';
import type { TemplateFailure } from './template-failure.ts';
import type { Tree } from './tree.ts';

/** Points at the template's own line: in a file under files/, or where the text stands in its YAML file. */
export async function templateDiagnostic(
  failure: TemplateFailure,
  at: Written,
  tree: Tree,
): Promise<Diagnostic> {
  if (failure.file === null) return inYaml(failure, at);
  const file = `files/${failure.file}`;
  const read = await readText(tree, file);
  const lines = 'text' in read ? (read.text ?? '').split(/\r?\n/) : [];
  const place = failingWord(lines, failure.line, failure.key);
  const source = lines[place.line - 1] ?? null;
  return { severity: 'error', file, ...place, path: '', message: failure.message, source };
}

function inYaml(failure: TemplateFailure, at: Written): Diagnostic {
  const place = at.source.textPlace(at.path, failure.line);
  const whole = at.source.diagnoseAt(at.path, place, failure.message);
  const from = place.column - 1;
  const column = columnOf((whole.source ?? '').slice(from), failure.key);
  return { ...whole, column: from + column };
}

/** Eta knows the line on which a tag begins; the word may be on a later one of the same tag. */
function failingWord(
  lines: readonly string[],
  line: number,
  key: string | null,
): { readonly line: number; readonly column: number } {
  for (let number = line; key !== null && number <= lines.length; number += 1) {
    const text = lines[number - 1] ?? '';
    if (wordAt(text, key) !== -1) return { line: number, column: columnOf(text, key) };
    if (text.includes('%>')) break;
  }
  return { line, column: columnOf(lines[line - 1] ?? '', null) };
}

/** From 1: at the word, else at the first tag, else at the beginning. */
function columnOf(text: string, key: string | null): number {
  const word = key === null ? -1 : wordAt(text, key);
  return 1 + Math.max(0, word === -1 ? text.indexOf('<%') : word);
}

function wordAt(text: string, key: string): number {
  for (let at = text.indexOf(key); at !== -1; at = text.indexOf(key, at + 1)) {
    const isPart = (char: string): boolean => /[\w$]/.test(char);
    if (!isPart(text.charAt(at - 1)) && !isPart(text.charAt(at + key.length))) return at;
  }
  return -1;
}
