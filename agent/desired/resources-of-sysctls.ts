import type { Entries } from './layers.ts';
import { openText, plainDraft, type Draft, type Rendering } from './rendering.ts';

export async function resourcesOfSysctls(
  entries: Entries<string>,
  rendering: Rendering,
): Promise<readonly Draft[]> {
  const drafts: Draft[] = [];
  for (const [key, { value, at }] of entries) {
    const text = await openText(rendering, at, value);
    // The kernel separates with tabs what people separate with spaces.
    const normal = text?.trim().split(/\s+/).join(' ');
    if (normal === '') rendering.say(at, 'is empty once rendered. The kernel needs a value.');
    else if (normal !== undefined) drafts.push(plainDraft('sysctl', key, at, normal));
  }
  return drafts;
}
