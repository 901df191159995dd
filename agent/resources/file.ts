import { posix } from 'node:path';
import { createTwoFilesPatch } from 'diff';
import * as z from 'zod';
import type { FileOnDisk, Host, Reader } from '../host/host.ts';
import { kind, same, type Describing, type Description } from './kind.ts';
import { fileOnDisk, octal } from './state.ts';

/**
 * `null`: not there, but its folder is. `{ missing }`: its folder, from that one down, is not there either, so that
 * going back also takes away the folders that going forward made.
 */
const FileState = z.union([z.null(), z.strictObject({ missing: z.string() }), fileOnDisk]);
type FileState = z.infer<typeof FileState>;

const isThere = (state: FileState): state is FileOnDisk => state !== null && 'content' in state;

/** A regular file: bytes, permission bits, owner and group. A directory or a link in its place is never replaced. */
export const file = kind({
  kind: 'file',
  needs: 'files',
  leaving: 'restore',
  spec: fileOnDisk.nullable(),
  state: FileState,
  scope: () => null,
  observe: async (asked, host) => {
    const missingBy = rememberedByFolder(host);
    const states = [...asked.keys()].map(
      async (path) => [path, await observeFile(path, host, missingBy)] as const,
    );
    return new Map(await Promise.all(states));
  },
  // An absent file that shall be absent stays as it was seen, missing folders included.
  target: (spec, observed) => ({ to: spec ?? (isThere(observed) ? null : observed) }),
  // Which folders exist around an absent file is not ours: only that the file is absent.
  settled: (planned, observed) =>
    isThere(planned) && isThere(observed) ? same(planned, observed) : isThere(planned) === isThere(observed),
  phase: () => 'write',
  enforce: (path, to, host: Host) =>
    isThere(to) ? host.files.write(path, to) : host.files.remove(path, to === null ? null : to.missing),
  describe: (from, to, show) => describeFile(from, to, show),
  blobs: (state) => (isThere(state) ? [state.content] : []),
  paths: (path, state) => (isThere(state) ? [path] : []),
});

type MissingBy = (path: string) => Promise<string | null>;

/** Files of one folder share what is missing above them. */
function rememberedByFolder({ files }: Reader): MissingBy {
  const asked = new Map<string, Promise<string | null>>();
  return (path) => {
    const folder = posix.dirname(path);
    const known = asked.get(folder) ?? files.missingDirectory(path);
    asked.set(folder, known);
    return known;
  };
}

async function observeFile(path: string, host: Reader, missingBy: MissingBy): Promise<FileState> {
  const found = await host.files.read(path);
  if (found !== null) return found;
  const missing = await missingBy(path);
  return missing === null ? null : { missing };
}

function describeFile(from: FileState, to: FileState, show: Describing): Description {
  const summary: string[] = [];
  if (!isThere(from) && isThere(to)) summary.push(`new, mode ${octal(to.mode)}, ${to.owner}:${to.group}`);
  if (isThere(from) && !isThere(to)) summary.push('removed');
  if (isThere(from) && isThere(to)) {
    if (!same(from.content, to.content)) summary.push(show.secret ? 'content (secret)' : 'content');
    if (from.mode !== to.mode) summary.push(`mode ${octal(from.mode)} → ${octal(to.mode)}`);
    if (from.owner !== to.owner) summary.push(`owner ${from.owner} → ${to.owner}`);
    if (from.group !== to.group) summary.push(`group ${from.group} → ${to.group}`);
  }
  return { summary, detail: contentDiff(from, to, show) };
}

/** The cost of a diff grows with the square of this: somebody may have put a hundred thousand other lines there. */
const MOST_EDITS = 2000;

/** A unified diff without its two file-name lines; the name is in the change's headline. */
function contentDiff(from: FileState, to: FileState, show: Describing): readonly string[] {
  const before = isThere(from) ? from.content : null;
  const after = isThere(to) ? to.content : null;
  if (before?.sha256 === after?.sha256) return [];
  // Of a change of it the summary says so already.
  if (show.secret) return before && after ? [] : ['(the content is secret and is not shown)'];
  const texts = [before, after].map((blob) => (blob === null ? '' : show.text(blob)));
  if (texts.some((text) => text.includes('\0'))) {
    return [`(binary, ${before?.size ?? 0} → ${after?.size ?? 0} bytes)`];
  }
  const options = { context: 3, maxEditLength: MOST_EDITS };
  const patch = createTwoFilesPatch('a', 'b', texts[0]!, texts[1]!, '', '', options);
  if (patch === undefined)
    return [`(too different to show, ${before?.size ?? 0} → ${after?.size ?? 0} bytes)`];
  const hunks = patch.split('\n').slice(patch.split('\n').findIndex((line) => line.startsWith('@@')));
  return hunks.filter((line, at) => at < hunks.length - 1 || line !== '').map(printable);
}

// Bytes from a file reach a terminal here: no escape sequence may ride along.
// eslint-disable-next-line no-control-regex
const printable = (line: string): string =>
  line.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\u00b7');
