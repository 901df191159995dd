import { id } from '../resources/kind.ts';
import type { Merged, Written } from './layers.ts';
import { openText, originOf, plainDraft, type Draft, type Rendering } from './rendering.ts';

/** The rules are one resource, because their order matters; whether the firewall is on is another, made after them. */
export async function resourcesOfUfw(ufw: Merged['ufw'], rendering: Rendering): Promise<readonly Draft[]> {
  const drafts: Draft[] = [];
  if (ufw.rules) {
    const written = await renderedRules(ufw.rules.texts, rendering);
    const places = [...written.values()];
    const draft = plainDraft('ufw-rules', 'host', ufw.rules.at, { rules: [...written.keys()] });
    const origins = Object.fromEntries([...written].map(([rule, at]) => [rule, originOf(at)]));
    const resource = { ...draft.resource, origins };
    drafts.push({ ...draft, resource, specAt: ([, index]) => places[Number(index)] ?? draft.at });
  }
  if (ufw.enabled) {
    const requires = ufw.rules ? [id('ufw-rules', 'host')] : [];
    drafts.push(plainDraft('ufw', 'host', ufw.enabled.at, { enabled: ufw.enabled.value }, requires));
  }
  return drafts;
}

/**
 * Each rule once, in order, and where it is written. An entry that renders to several lines is several rules, so
 * that one entry can loop over the peers. What a rule says is judged by the kind.
 */
async function renderedRules(
  texts: readonly { readonly text: string; readonly at: Written }[],
  rendering: Rendering,
): Promise<ReadonlyMap<string, Written>> {
  const rules = new Map<string, Written>();
  for (const { text, at } of texts) {
    const rendered = await openText(rendering, at, text);
    for (const line of (rendered ?? '').split('\n')) {
      const rule = line.trim().split(/\s+/).join(' ');
      if (rule !== '' && !rules.has(rule)) rules.set(rule, at);
    }
  }
  return rules;
}
