import { headerIn, headerPart, identIn } from './commit-headers.ts';

/** What Git's plumbing prints, read. Pure. */

export type Commit = {
  readonly sha: string;
  readonly author: string;
  readonly email: string;
  readonly subject: string;
  readonly committedAtMs: number;
};

/** One name in a commit's tree. Submodules are `other`: they are never fetched. */
export type Entry = {
  readonly path: string;
  readonly type: 'file' | 'link' | 'other';
  readonly sha: string;
  readonly size: number;
};

/** The objects of `git cat-file --batch`, in the order asked; a word where there is none. */
export type BatchObject =
  { readonly sha: string; readonly type: string; readonly body: Buffer } | 'missing' | 'ambiguous';

/** git-cat-file(1), BATCH OUTPUT: `<sha> <type> <size>\n<bytes>\n`, or `<asked> missing\n`. */
export function batchObjects(output: Buffer): readonly BatchObject[] {
  const found: BatchObject[] = [];
  for (let at = 0; at < output.length;) {
    const end = output.indexOf(10, at);
    if (end === -1) throw new Error('"git cat-file --batch" ended in the middle of a line.');
    const head = output.toString('utf8', at, end);
    at = end + 1;
    const [, sha, type, size] = /^([0-9a-f]+) (\w+) (\d+)$/.exec(head) ?? [];
    if (sha === undefined || type === undefined) {
      found.push(head.endsWith(' ambiguous') ? 'ambiguous' : 'missing');
      continue;
    }
    const body = output.subarray(at, at + Number(size));
    if (body.length !== Number(size)) throw new Error(`"git cat-file --batch" cut off object ${sha}.`);
    found.push({ sha, type, body });
    at += Number(size) + 1;
  }
  return found;
}

/** `git ls-tree -r -z -l`: `<mode> <type> <sha> <size>\t<path>\0`. */
export function treeEntries(output: string): readonly Entry[] {
  return output
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => {
      const [, mode, sha, size, path] = /^(\d+) \w+ ([0-9a-f]+) +(\d+|-)\t([^]+)$/.exec(line) ?? [];
      if (mode === undefined || sha === undefined || path === undefined)
        throw new Error(`"git ls-tree" printed what is not a tree entry: ${line}`);
      return { path, sha, size: size === '-' ? 0 : Number(size), type: typeOf(mode) };
    });
}

const typeOf = (mode: string): Entry['type'] =>
  mode === '120000' ? 'link' : mode.startsWith('100') ? 'file' : 'other';

/** A commit object's own bytes: header lines, an empty line, the message. */
export function commitOf(sha: string, body: Buffer): Commit {
  const begin = body.subarray(0, READ_BYTES);
  const text = decode(begin, headerIn(headerPart(begin.toString('latin1')), 'encoding') ?? undefined);
  const headers = headerPart(text);
  const { name, email } = identIn(headerIn(headers, 'author') ?? '');
  const seconds = / (\d{1,12}) [+-]\d{4}$/.exec(headerIn(headers, 'committer') ?? '')?.[1] ?? '0';
  // A subject is the first paragraph, on one line, as `git log` shows it.
  const paragraph =
    text
      .slice(headers.length)
      .trimStart()
      .split(/\n\s*\n/, 1)[0] ?? '';
  const subject = paragraph.split('\n').map((line) => line.trim());
  return {
    sha,
    author: shown(name),
    email: shown(email),
    subject: shown(subject.join(' ')),
    committedAtMs: Number(seconds) * 1000,
  };
}

/** Of what a person is told. Where a commit has more headers than that, its subject is not. */
const READ_BYTES = 64 * 1024;
/** It stands in the journal, in status and in the ledger. */
const LONGEST_SHOWN = 500;

function shown(text: string): string {
  const clean = printable(text);
  return clean.length <= LONGEST_SHOWN ? clean : `${clean.slice(0, LONGEST_SHOWN)}…`;
}

function decode(body: Buffer, encoding: string | undefined): string {
  try {
    return new TextDecoder(encoding ?? 'utf-8').decode(body);
  } catch {
    return body.toString('latin1'); // an encoding that nobody knows any more
  }
}

/** Text from strangers ends up on terminals and in the journal: no control characters, and none that turn text round. */
export const printable = (text: string): string => text.replace(ACTING, ' ').trim();
// Control characters; line separators; bidirectional marks, embeddings and isolates (UAX #9).
const ACTING = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/gu;
