import { complaints } from './check.ts';
import { fileEntry, type FileEntry } from './file-schema.ts';
import type { Entry, Written } from './layers.ts';
import { openText, type Rendering } from './rendering.ts';
import { isTemplate } from './schema.ts';

/**
 * An entry of `files` with every field but `content` rendered, and what became of templates judged by the same
 * schema as what was written out. `null`: something fails, and that has been said.
 */
export async function renderFields(entry: Entry<FileEntry>, rendering: Rendering): Promise<FileEntry | null> {
  const { content, ...fields } = entry.value;
  if (!holdsTemplate(fields)) return entry.value;
  const rendered: Record<string, unknown> = {};
  let isWell = true;
  for (const [field, value] of Object.entries(fields)) {
    const at = entry.fields[field] ?? entry.at;
    rendered[field] = await renderDeep(value, at);
  }
  if (!isWell) return null;
  const judged = fileEntry.safeParse(rendered);
  if (judged.success) return content === undefined ? judged.data : { ...judged.data, content };
  for (const { path, message } of complaints(judged.error.issues))
    rendering.say(entry.fields[String(path[0])] ?? entry.at, message);
  return null;

  async function renderDeep(value: unknown, at: Written): Promise<unknown> {
    if (typeof value === 'string') {
      const text = await openText(rendering, at, value);
      isWell &&= text !== null;
      return text;
    }
    if (Array.isArray(value)) return Promise.all(value.map((item) => renderDeep(item, at)));
    if (typeof value !== 'object' || value === null) return value;
    const inside = Object.entries(value).map(
      async ([key, item]) => [key, await renderDeep(item, at)] as const,
    );
    return Object.fromEntries(await Promise.all(inside));
  }
}

function holdsTemplate(value: unknown): boolean {
  if (typeof value === 'string') return isTemplate(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsTemplate);
}
