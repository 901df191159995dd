import { LineCounter, parseDocument, type Document } from 'yaml';

/** More than any manifest or kubeconfig has; and what is parsed here is parsed on a Pi. */
const LARGEST_FILE = 1024 * 1024;
/** Aliases that one file may use: enough for a person, too few for a bomb. */
export const MOST_ALIASES = 100;

/** A file's text, or a sentence that begins with its path. */
export function textOf(path: string, bytes: Uint8Array): string {
  if (bytes.byteLength > LARGEST_FILE)
    throw new Error(`${path} is larger than 1 MiB, and Holdfast edits YAML files up to that size.`);
  try {
    // The byte order mark stays: it is one of the bytes that are not ours.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Error(`${path} is not a text in UTF-8, so Holdfast does not edit it.`);
  }
}

/**
 * One document whose nodes know where they stand. Never the yaml package's own words: they may quote the file, and a
 * kubeconfig holds a key.
 */
export function documentOf(path: string, text: string): Document.Parsed {
  const lines = new LineCounter();
  const document = parsed(path, text, lines);
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem === undefined) return document;
  const { line, col } = lines.linePos(problem.pos[0]);
  if (problem.code === 'MULTIPLE_DOCS')
    throw new Error(
      `${path}:${line}:${col}: a second document begins here ("---"), and Holdfast edits files with one document. Put them into files of their own.`,
    );
  const what = problem.code === 'DUPLICATE_KEY' ? 'this key stands twice' : `this is not valid YAML`;
  throw new Error(
    `${path}:${line}:${col}: ${what} (${problem.code}). Mend it there; until then Holdfast leaves the file alone.`,
  );
}

function parsed(path: string, text: string, lineCounter: LineCounter): Document.Parsed {
  try {
    return parseDocument(text, { lineCounter, prettyErrors: false });
  } catch (cause) {
    // Some ten thousand brackets: the parser runs out of stack.
    throw new Error(`${path} cannot be read as YAML: it is nested too deeply.`, { cause });
  }
}

/** The values of a document, for comparing. */
export const valuesOf = (document: Document): unknown =>
  document.toJS({ mapAsMap: true, maxAliasCount: MOST_ALIASES });
