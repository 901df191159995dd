import type { FileOnDisk, FileReader, Host, Reader } from '../host/host.ts';
import { kind, type Description, type Target } from './kind.ts';
import type { Seen } from './yaml-edit.ts';
import type { Wish } from './yaml-ways.ts';
import type { Layout } from './yaml-layout.ts';
import {
  settled,
  isMissing,
  isThere,
  valueOf,
  wanted,
  widen,
  YamlSpec,
  YamlState,
  type Entry,
} from './yaml-state.ts';

/**
 * Single values inside a YAML file that others own, by its path: kubeadm's manifests, kubeconfigs. All edits of one
 * file are one resource, because they are one write. What others change elsewhere in the file is theirs, and survives
 * a rollback and a release.
 */
export const yaml = kind({
  kind: 'yaml',
  needs: 'files',
  leaving: 'restore',
  spec: YamlSpec,
  state: YamlState,
  scope: ({ edits }): readonly string[] => Object.keys(edits).toSorted(),
  // An edit that has left a file with others is put back like any other that has left.
  cover: (scope, earlier) => [...new Set([...scope, ...earlier])].toSorted(),
  observe: async (asked, host) => {
    const states = new Map<string, YamlState>();
    for (const [path, scope] of asked) states.set(path, await observeFile(path, scope, host));
    return states;
  },
  // A manifest with half of its edits is another API server: it is all of them, or the commit is refused.
  belongsToOthers: (path) => !path.startsWith('/etc/kubernetes/manifests/'),
  hindrance: async (path, to, host) => {
    try {
      await editedBytes(path, to, host.files);
      return null;
    } catch (cause) {
      return cause instanceof Error ? cause.message : String(cause);
    }
  },
  target: ({ edits }, observed, { name, first }) => target(edits, observed, name, first),
  settled,
  widen,
  phase: () => 'write',
  enforce,
  describe: (from, to) => describe(from ?? {}, to ?? {}),
  blobs: (state) =>
    Object.values(state ?? {}).flatMap((entry) =>
      isThere(entry) && entry.layout !== null ? [entry.layout] : [],
    ),
});

// The parser is loaded only where there is a file to look into.
const engine = (): Promise<typeof import('./yaml-edit.ts')> => import('./yaml-edit.ts');
const document = (): Promise<typeof import('./yaml-document.ts')> => import('./yaml-document.ts');

async function observeFile(path: string, scope: readonly string[], { files }: Reader): Promise<YamlState> {
  const found = await files.read(path);
  if (found === null) return null;
  const seen = await looked(path, found.content.sha256, scope, files);
  return Object.fromEntries([...seen].map(([address, entry]) => [address, entryOf(entry, files)]));
}

function entryOf(seen: Seen, files: FileReader): Entry {
  if (seen === null || 'missing' in seen) return seen;
  return { is: seen.is, layout: files.remember(new TextEncoder().encode(JSON.stringify(seen.layout))) };
}

type Looked = { readonly of: string; readonly seen: ReadonlyMap<string, Seen> };
/** What was found in the bytes that are still there: most cycles see no others. For as long as its host is. */
const found = new WeakMap<FileReader, Map<string, Looked>>();

async function looked(
  path: string,
  sha256: string,
  scope: readonly string[],
  files: FileReader,
): Promise<ReadonlyMap<string, Seen>> {
  const known = found.get(files) ?? new Map<string, Looked>();
  found.set(files, known);
  const of = `${sha256} ${JSON.stringify(scope)}`;
  const before = known.get(path);
  if (before?.of === of) return before.seen;
  const [{ look }, { textOf }] = await Promise.all([engine(), document()]);
  const bytes = files.bytes({ sha256, size: 0 });
  const seen = look(path, textOf(path, bytes), scope);
  known.set(path, { of, seen });
  return seen;
}

function target(
  edits: YamlSpec['edits'],
  observed: YamlState,
  path: string,
  first: YamlState | undefined,
): Target<YamlState> {
  if (observed === null) return { waiting: `waits for ${path}, which does not exist yet` };
  const to: Record<string, Entry> = {};
  for (const [address, seen] of Object.entries(observed)) {
    const value = edits[address];
    if (value === undefined) to[address] = first?.[address] ?? (first && address in first ? null : seen);
    else {
      const entry = wanted(address, value);
      if (entry !== null && isMissing(seen)) return { waiting: `waits for ${path}: ${seen.missing}` };
      to[address] = entry;
    }
  }
  return { to };
}

async function enforce(path: string, to: YamlState, { files }: Host): Promise<void> {
  const edit = await editedBytes(path, to, files);
  if (edit === null) return;
  // Mode and owner stay those of the file, and only its name is ever seen beside it: kubelet reads the whole folder.
  await files.write(path, { ...edit.file, content: files.remember(edit.bytes) });
}

type Edit = { readonly file: FileOnDisk; readonly bytes: Uint8Array };

/** `null`: there is nothing to write. Throws a sentence where the file cannot be edited like that. */
async function editedBytes(path: string, to: YamlState, files: FileReader): Promise<Edit | null> {
  const file = await files.read(path);
  // Whoever took the file away took what was ours in it along.
  if (file === null || to === null) return null;
  const [{ edited }, { textOf }] = await Promise.all([engine(), document()]);
  const before = textOf(path, files.bytes(file.content));
  const wishes = Object.entries(to).flatMap(([address, entry]): readonly (readonly [string, Wish])[] =>
    isMissing(entry) ? [] : [[address, wishOf(entry, files)]],
  );
  const after = edited(path, before, new Map(wishes));
  return after === before ? null : { file, bytes: new TextEncoder().encode(after) };
}

function wishOf(entry: Exclude<Entry, { readonly missing: string }>, files: FileReader): Wish {
  if (entry === null) return null;
  // Written by `entryOf`, and named by the digest of what it wrote.
  const layout = entry.layout === null ? null : (JSON.parse(files.text(entry.layout)) as Layout);
  return { is: entry.is, layout };
}

function describe(from: NonNullable<YamlState>, to: NonNullable<YamlState>): Description {
  const changed = Object.keys(to).filter(
    (address) => !settled({ [address]: to[address]! }, { [address]: from[address] ?? null }),
  );
  return {
    summary: changed.map((address) => {
      const [before, after] = [valueOf(from[address]), valueOf(to[address])];
      if (after === null) return `${address} removed`;
      return before === null
        ? `${address} added: ${shown(after)}`
        : `${address}: ${shown(before)} → ${shown(after)}`;
    }),
    detail: changed.flatMap((address) => [
      ...line('-', address, valueOf(from[address])),
      ...line('+', address, valueOf(to[address])),
    ]),
  };
}

const line = (sign: '+' | '-', address: string, value: string | null): readonly string[] =>
  value === null ? [] : [`${sign}${address}: ${shown(value)}`];

const LONGEST = 120;
/** Bytes from a file reach a terminal here: JSON has escaped what is below a space. */
function shown(value: string): string {
  const text = value.replace(/[\u007f-\u009f\u2028\u2029]/g, '\u00b7').replace(/^"([^"\\]+)"$/, '$1');
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
