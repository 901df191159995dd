import type { Id } from '../resources/kind.ts';
import type { UnitEntry } from './layer-schema.ts';
import type { Entries } from './layers.ts';
import { openText, plainDraft, type Draft, type Rendering } from './rendering.ts';

/** `files`: a unit that shall run starts after the files that notify it are in place. */
export async function resourcesOfUnits(
  entries: Entries<UnitEntry>,
  files: readonly Draft[],
  rendering: Rendering,
): Promise<readonly Draft[]> {
  const drafts: Draft[] = [];
  for (const [name, { value, at, fields }] of entries) {
    const { enabled, running, requires = [] } = value;
    if (enabled === undefined && running === undefined) {
      rendering.say(at, 'says nothing about the unit. Write enabled, running, or both.', { on: 'key' });
      continue;
    }
    const requiresAt = fields['requires'] ?? at;
    const asked: Id[] = [];
    for (const text of requires) {
      const rendered = await openText(rendering, requiresAt, text);
      if (rendered !== null) asked.push(rendered as Id);
    }
    const notifying = running ? filesThatNotify(name, files) : [];
    const spec = {
      ...(enabled === undefined ? {} : { enabled }),
      ...(running === undefined ? {} : { running }),
    };
    const all = [...new Set([...asked, ...notifying])];
    drafts.push({ ...plainDraft('unit', name, at, spec, all), requiresAt });
  }
  return drafts;
}

const filesThatNotify = (unit: string, files: readonly Draft[]): readonly Id[] =>
  files
    .filter(({ resource }) => resource.notify.some((notified) => notified.unit === unit))
    .map(({ resource }) => resource.id);
