import type { Id } from '../resources/kind.ts';
import { kubeletReads } from '../resources/kubelet-yaml.ts';
import type { Entries, Entry } from './layers.ts';
import { openText, plainDraft, type Draft, type Rendering } from './rendering.ts';
import { notified } from './resources-of-files.ts';
import { isTemplate } from './schema.ts';
import { contradictions } from './yaml-contradictions.ts';
import type { Edit, YamlFile } from './yaml-layers.ts';

export async function resourcesOfYaml(
  entries: Entries<YamlFile>,
  rendering: Rendering,
): Promise<readonly Draft[]> {
  const drafts: Draft[] = [];
  for (const [path, entry] of entries) {
    const draft = await draftOf(path, entry, rendering);
    if (draft !== null) drafts.push(draft);
  }
  return drafts;
}

async function draftOf(
  path: string,
  { value, at, fields }: Entry<YamlFile>,
  rendering: Rendering,
): Promise<Draft | null> {
  if (value.edits.size === 0) {
    rendering.say(at, 'edits nothing. Write set, flags or remove, or take the file out with null.', {
      on: 'key',
    });
    return null;
  }
  const against = contradictions(value.edits);
  for (const one of against) rendering.say(one.at, one.message);
  const edits: Record<string, Edit['value']> = {};
  let isWell = against.length === 0;
  for (const [address, edit] of value.edits) {
    const rendered = await renderedOf(edit, rendering);
    if (rendered === undefined) isWell = false;
    else edits[address] = rendered;
  }
  if (!isWell) return null;
  const requires = (value.requires ?? []) as readonly string[] as readonly Id[];
  const draft = plainDraft('yaml', path, at, { edits }, requires);
  return {
    ...draft,
    resource: { ...draft.resource, notify: notified(path, value.notify ?? []) },
    requiresAt: fields['requires'] ?? at,
    specAt: ([, address]) => value.edits.get(String(address))?.at ?? at,
  };
}

/** `undefined`: it fails, and that has been said. */
async function renderedOf({ value, at }: Edit, rendering: Rendering): Promise<Edit['value'] | undefined> {
  if (typeof value !== 'string' || !isTemplate(value)) {
    const twofold = value === null ? null : twofoldValue(at, value);
    if (twofold !== null) rendering.say(at, twofold, { severity: 'warning' });
    return value;
  }
  const text = await openText(rendering, at, value);
  if (text === null) return undefined;
  if (!/[\r\n]/.test(text)) return asYamlReadsIt(text);
  rendering.say(at, 'has several lines once rendered, and only single lines are edited.');
  return undefined;
}

/** Who writes `on` or `010` may think of what kubelet reads; arguments are text for both. */
function twofoldValue({ source, path }: Edit['at'], value: NonNullable<Edit['value']>): string | null {
  const written = path[2] === 'set' ? source.unquoted(path) : null;
  const read = written === null ? value : kubeletReads(written, value);
  if (Object.is(read, value)) return null;
  const [here, there] = [JSON.stringify(value), JSON.stringify(read)];
  return `${written} is ${here} here, where YAML 1.2 is read, and ${there} to kubelet, which reads YAML 1.1. Write ${here} or ${there}.`;
}

/** What a template prints is text, and the port that it prints shall be a number. */
function asYamlReadsIt(text: string): Edit['value'] {
  if (/^(0|-?[1-9]\d{0,14})$/.test(text)) return Number(text);
  return text === 'true' || text === 'false' ? text === 'true' : text;
}
