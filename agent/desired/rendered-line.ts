import type { Diagnostic } from './diagnostics.ts';
import type { FileEntry } from './file-schema.ts';
import { bytesAt, type Entry, type Written } from './layers.ts';
import { textUnderFiles } from './repository-files.ts';
import type { Tree } from './tree.ts';

/** Something to be said of a line of a file as a host gets it. `line`: from 1; `null`: of the file as a whole. */
export type AboutLine = {
  readonly severity: Diagnostic['severity'];
  /** Of the host. */
  readonly file: string;
  readonly line: number | null;
  readonly message: string;
};

/**
 * Says it where a person would mend it: at the line of the template, the plain file or the YAML text that the line
 * comes from. A template's lines are found again by what stands outside its tags; where that fits none, or too many,
 * the file's entry is meant.
 */
export async function atRenderedLine(
  about: AboutLine,
  rendered: string,
  entry: Entry<FileEntry>,
  tree: Tree,
): Promise<Diagnostic> {
  const { fields, value } = entry;
  const at = bytesAt(entry);
  const whole = (): Diagnostic =>
    at.source.diagnose(at.path, about.message, { on: 'key', severity: about.severity });
  if (about.line === null) return whole();
  if (value.content !== undefined) {
    const written = fields['content'] ?? at;
    const line = lineIn(value.content.split('\n'), rendered, about.line);
    return line === null ? whole() : inYaml(written, line, about);
  }
  const name = value.template ?? value.source;
  const found = name === undefined ? null : await textUnderFiles(tree, name);
  if (found === null || 'problem' in found) return whole();
  const lines = found.text.split(/\r?\n/);
  const line = value.source === undefined ? lineIn(lines, rendered, about.line) : about.line;
  return line === null ? whole() : inFile(`files/${name}`, lines, line, about);
}

function inYaml({ source, path }: Written, line: number, { message, severity }: AboutLine): Diagnostic {
  const place = source.textPlace(path, line);
  return { ...source.diagnoseAt(path, place, message), severity };
}

function inFile(
  file: string,
  lines: readonly string[],
  line: number,
  { message: what, severity, file: path }: AboutLine,
): Diagnostic {
  const message = `${path}: ${what}`;
  const text = lines[line - 1] ?? '';
  const column = 1 + Math.max(0, text.search(/\S/));
  // A plain file may hold the password itself.
  const source = text.replace(
    /(auth_pass\s+)(\S+)/g,
    (_, before: string, secret: string) => before + '*'.repeat(secret.length),
  );
  return { severity, file, line, column, path: '', message, source };
}

/** The line of a template that a rendered line comes from, both from 1; `null`: it cannot be told. */
function lineIn(template: readonly string[], rendered: string, line: number): number | null {
  const lines = rendered.split('\n').map((text) => text.trim());
  const wanted = lines[line - 1] ?? '';
  const fits = template.map((text) => fixedPart(text, wanted));
  // What has most in common with it: `<%= … %>` alone fits everything.
  const most = Math.max(...fits);
  const fitting = fits.flatMap((length, index) => (length === most && most >= 0 ? [index + 1] : []));
  const [only] = fitting;
  if (only === undefined || fitting.length === 1) return only ?? null;
  // The same line several times: they come in the same order, if all of them came.
  const same = lines.flatMap((text, index) => (text === wanted ? [index + 1] : []));
  return same.length === fitting.length ? (fitting[same.indexOf(line)] ?? null) : null;
}

/** How much of a template's line stands outside its tags, if it can have become `wanted`; -1: it cannot. */
function fixedPart(template: string, wanted: string): number {
  const fixed = outsideTags(template.trim());
  if (template.includes('<%') && !template.includes('<%=') && fixed.join('').trim() === '') return -1;
  return areIn(fixed, wanted) ? fixed.join('').length : -1;
}

/** What is before, between and behind the tags: one more than there are tags. */
function outsideTags(line: string): readonly string[] {
  const parts: string[] = [];
  let at = 0;
  for (;;) {
    const from = line.indexOf('<%', at);
    const to = from === -1 ? -1 : line.indexOf('%>', from);
    if (to === -1) return [...parts, line.slice(at)];
    parts.push(line.slice(at, from));
    at = to + 2;
  }
}

/**
 * Whether the line is these parts in this order, with anything between them: the first place for each will do. A
 * pattern (`a.*b.*c`) would try all places for all parts, and a line of a dozen tags would take it days.
 */
function areIn([first = '', ...others]: readonly string[], line: string): boolean {
  const last = others.pop();
  if (last === undefined) return line === first;
  const end = line.length - last.length;
  if (!line.startsWith(first) || !line.endsWith(last)) return false;
  let at = first.length;
  for (const part of others) {
    const found = line.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= end;
}
