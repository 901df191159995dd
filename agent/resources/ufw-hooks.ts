import type { Live } from '../host/host.ts';
import { parseChains, type Chains } from './ufw-chains.ts';
import { familiesOf, iptables, prefixOf } from './ufw-family.ts';
import type { UfwSettings } from './ufw-files.ts';
import { saveFilter } from './ufw-save.ts';
import type { Family } from './ufw-tuple.ts';

export const BUILT_IN = ['INPUT', 'OUTPUT', 'FORWARD'] as const;
export type BuiltIn = (typeof BUILT_IN)[number];
export const isBuiltIn = (name: string): boolean => (BUILT_IN as readonly string[]).includes(name);

/** The chains that a built-in one leads into, in this order (ufw-init-functions, ufw_start). */
export const hooksOf = (builtIn: BuiltIn, prefix: string): readonly string[] =>
  ['before-logging', 'before', 'after', 'after-logging', 'reject', 'track'].map(
    (kind) => `${prefix}-${kind}-${builtIn.toLowerCase()}`,
  );

export const missingHooks = (builtIn: BuiltIn, prefix: string, chains: Chains): readonly string[] => {
  const there = new Set(chains.get(builtIn)?.rules.map(({ target }) => target));
  return hooksOf(builtIn, prefix).filter((chain) => !there.has(chain));
};

/** A family whose chains are there without all that leads into them. */
export type Unhooked = { readonly family: Family; readonly prefix: string; readonly chains: Chains };

/**
 * ufw makes the hooks only together with its first chain. After `iptables -F` the chains are left without them, and
 * then `ufw enable` and `ufw reload` shut everybody out: policy DROP, and nothing that leads to the rules.
 */
export async function readUnhooked(settings: UfwSettings, live: Live): Promise<readonly Unhooked[]> {
  const unhooked: Unhooked[] = [];
  for (const family of familiesOf(settings)) {
    const prefix = prefixOf(family);
    const chains = parseChains(await saveFilter(family, live));
    const made = chains.has(`${prefix}-before-logging-input`);
    if (made && BUILT_IN.some((name) => missingHooks(name, prefix, chains).length > 0))
      unhooked.push({ family, prefix, chains });
  }
  return unhooked;
}

/** Makes them as ufw would, all anew so that they stand in order. Only while ufw is stopped and lets everything through. */
export async function hook({ family, prefix, chains }: Unhooked, live: Live): Promise<void> {
  const run = (...words: readonly string[]): Promise<string> => iptables(family, live, ...words);
  for (const builtIn of BUILT_IN) {
    const hooks = hooksOf(builtIn, prefix);
    for (const { target } of chains.get(builtIn)?.rules ?? [])
      if (hooks.includes(target)) await run('-D', builtIn, '-j', target);
    for (const chain of hooks) {
      if (!chains.has(chain)) await run('-N', chain);
      await run('-A', builtIn, '-j', chain);
    }
  }
}
