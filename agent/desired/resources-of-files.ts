import { id, type Id, type Notify, type Resource } from '../resources/kind.ts';
import { splitCommandLine } from './command-line.ts';
import { withHeader } from './file-header.ts';
import { ORIGINS, type FileEntry, type Notice } from './file-schema.ts';
import { spansOf } from './hush.ts';
import { bytesAt, type Entries, type Entry, type Written } from './layers.ts';
import { renderFields } from './render-fields.ts';
import { originOf, type Draft, type Rendering } from './rendering.ts';
import { secretModeProblem } from './secret-mode.ts';
import type { Rendered } from './templates.ts';

export async function resourcesOfFiles(
  entries: Entries<FileEntry>,
  rendering: Rendering,
): Promise<readonly Draft[]> {
  const drafts: Draft[] = [];
  for (const [path, entry] of entries) {
    const value = await renderFields(entry, rendering);
    const draft = value && (await fileDraft(path, { ...entry, value }, rendering));
    if (draft) drafts.push(draft);
  }
  return drafts;
}

async function fileDraft(path: string, entry: Entry<FileEntry>, rendering: Rendering): Promise<Draft | null> {
  const { value, at, fields } = entry;
  if (value.absent) return absentDraft(path, entry, rendering);
  const bytes = await bytesOf(path, entry, rendering);
  if (bytes === null) return null;
  const secret = bytes.secret || (value.secret !== undefined && value.secret !== false);
  const { mode = '0644', owner = 'root', group = 'root' } = value;
  const problem = secret
    ? secretModeProblem(Number.parseInt(mode, 8), group, value.mode !== undefined)
    : null;
  if (problem !== null) {
    const where = fields['mode'] ?? { source: at.source, path: [...at.path, 'mode'] };
    rendering.say(where, `${bytes.secret ? HOLDS_SECRET : MARKED} ${problem}`);
  }
  const content = rendering.blob(bytes.bytes);
  const spec = { content, mode: Number.parseInt(mode, 8), owner, group };
  return resourceOf(path, entry, spec, secret && whereIn(bytes.bytes, rendering));
}

/** Where its secrets stand; true: everywhere, for nobody can tell (another file's bytes, a secret that was taken apart). */
function whereIn(bytes: Uint8Array, { confided }: Rendering): NonNullable<Resource['hidden']> | true {
  const spans = spansOf(new TextDecoder().decode(bytes), confided);
  // So many that a generation would be full of them: a secret of one letter, in a long file.
  return spans.length === 0 || spans.length > MOST_SPANS ? true : spans;
}

const MOST_SPANS = 1_000;

const HOLDS_SECRET = 'this file holds a secret.';
const MARKED = 'this file is marked secret.';

function absentDraft(path: string, entry: Entry<FileEntry>, rendering: Rendering): Draft | null {
  const idle = (['mode', 'owner', 'group', 'validate', 'header', 'comment'] as const).find(
    (name) => entry.value[name] !== undefined,
  );
  if (idle !== undefined) {
    rendering.say(
      entry.fields[idle] ?? entry.at,
      `a file that shall be absent has no ${idle}. Remove it, or remove absent.`,
    );
    return null;
  }
  return resourceOf(path, entry, null, entry.value.secret === true);
}

type Bytes = { readonly bytes: Uint8Array; readonly secret: boolean };

/** Where the bytes come from: exactly one of the entry's origins. `null`: it fails, and that has been said. */
async function bytesOf(path: string, entry: Entry<FileEntry>, rendering: Rendering): Promise<Bytes | null> {
  const { value, at, fields } = entry;
  const headed = (rendered: Rendered | null, from: string): Bytes | null =>
    rendered && {
      bytes: new TextEncoder().encode(
        withHeader(rendered.text, { path, from, header: value.header, comment: value.comment }),
      ),
      secret: rendered.secret,
    };
  if (value.template !== undefined) {
    const rendered = await rendering.template(fields['template'] ?? at, value.template);
    return headed(rendered, `files/${value.template}`);
  }
  if (value.content !== undefined) {
    const written = fields['content'] ?? at;
    return headed(await rendering.text(written, value.content), written.source.file);
  }
  if (typeof value.secret === 'string') {
    const found = rendering.secret(fields['secret'] ?? at, value.secret);
    return found && { bytes: found, secret: true };
  }
  if (value.source !== undefined) return copied(fields['source'] ?? at, value.source, rendering);
  const ways = ORIGINS.filter((origin) => origin !== 'absent').join(', ');
  rendering.say(at, `does not say what is in the file. Write one of ${ways}, or absent: true.`, {
    on: 'key',
  });
  return null;
}

async function copied(at: Written, name: string, rendering: Rendering): Promise<Bytes | null> {
  const bytes = await rendering.bytes(at, name);
  if (bytes && name.endsWith('.eta'))
    rendering.say(
      at,
      'source copies the file as it is, <% %> included. Write template to have it rendered.',
      {
        severity: 'warning',
      },
    );
  return bytes && { bytes, secret: `files/${name}` === rendering.secretFile };
}

function resourceOf(
  path: string,
  { value, at, fields }: Entry<FileEntry>,
  spec: Draft['resource']['spec'],
  secret: boolean | NonNullable<Resource['hidden']>,
): Draft {
  const validate = (value.absent ? [] : (value.validate ?? [])).map((line) => {
    const split = splitCommandLine(line);
    return 'argv' in split ? split.argv : [];
  });
  const resource = {
    id: id('file', path),
    spec,
    secret: secret !== false,
    ...(typeof secret === 'object' ? { hidden: secret } : {}),
    notify: notified(path, value.notify ?? []),
    requires: (value.requires ?? []) as readonly string[] as readonly Id[],
    validate,
    waitFor: value.waitFor ?? [],
    origin: originOf(bytesAt({ value, at, fields })),
  };
  return { resource, kind: 'file', at, requiresAt: fields['requires'] ?? at, specAt: () => at };
}

/** systemd.unit(5), "Unit File Load Path". */
const UNIT_FOLDERS = /^\/(?:etc|run|usr\/local\/lib|usr\/lib|lib)\/systemd\/system\//;

/** systemd reads unit files and drop-ins only when it is told to. */
export function notified(path: string, notices: readonly Notice[]): readonly Notify[] {
  const asked = notices.map(({ reload, restart }): Notify =>
    reload === undefined ? { unit: restart ?? '', action: 'restart' } : { unit: reload, action: 'reload' },
  );
  const all: readonly Notify[] = UNIT_FOLDERS.test(path) ? [{ unit: 'daemon-reload' }, ...asked] : asked;
  return [...new Map(all.map((notify) => [JSON.stringify(notify), notify])).values()];
}
