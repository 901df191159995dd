import * as z from 'zod';
import type { FileReader, Live, LiveReader } from '../host/host.ts';
import { parseChains, type Chains } from './ufw-chains.ts';
import { familiesOf, iptables, prefixOf } from './ufw-family.ts';
import type { UfwSettings } from './ufw-files.ts';
import { BUILT_IN, hooksOf, isBuiltIn } from './ufw-hooks.ts';
import type { SavedFilters } from './ufw-live.ts';
import { saveFilter } from './ufw-save.ts';
import type { Family } from './ufw-tuple.ts';

/**
 * What `ufw disable` leaves until the next boot: the kernel parameters that `ufw enable` sets (ufw-init-functions:
 * `sysctl -p $IPT_SYSCTL`), by their names, and its empty chains. A host that had ufw switched off had neither.
 */
export const UfwLeaves = z.strictObject({ kernel: z.record(z.string(), z.string()), chains: z.boolean() });
export type UfwLeaves = z.infer<typeof UfwLeaves>;

export async function readLeaves(
  settings: UfwSettings,
  saved: SavedFilters,
  files: FileReader,
  live: LiveReader,
): Promise<UfwLeaves> {
  const found = settings.sysctlFile === null ? null : await files.read(settings.sysctlFile);
  const names = found === null ? [] : namedIn(files.text(found.content));
  const values = await Promise.all(names.map(async (name) => [name, await live.kernel(name)] as const));
  return {
    kernel: Object.fromEntries(values.filter((one): one is [string, string] => one[1] !== null)),
    chains: familiesOf(settings).some((family) => ownChains(family, saved.get(family)!).own.length > 0),
  };
}

/** As ufw writes them, `net/ipv4/tcp_sack=1`. What is not the network's is not ufw's to set. */
const namedIn = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(/^\s*(net[/.][\w/.-]+)\s*=/gm)].map(([, name]) => name!)),
];

/** Only while ufw is off, and lets everything through. */
export async function putBackLeaves(to: UfwLeaves, settings: UfwSettings, live: Live): Promise<void> {
  for (const [name, value] of Object.entries(to.kernel)) {
    const now = await live.kernel(name);
    // Writing a value that is there already is not always without effect (net.ipv4.conf.all.*).
    if (now !== null && now !== value) await live.setKernel(name, value);
  }
  if (!to.chains) for (const family of familiesOf(settings)) await removeChains(family, live);
}

/**
 * Unhooked first, and the first one last: by that one `ufw enable` tells whether it has to make them
 * (ufw-init-functions, ufw_start). Chains that somebody else uses stay, all of them.
 */
async function removeChains(family: Family, live: Live): Promise<void> {
  const { own, chains } = ownChains(family, await saveFilter(family, live));
  if (isUsed(own, chains)) return;
  const run = (...words: readonly string[]): Promise<string> => iptables(family, live, ...words);
  for (const builtIn of BUILT_IN)
    for (const { target } of chains.get(builtIn)?.rules ?? [])
      if (own.includes(target)) await run('-D', builtIn, '-j', target);
  for (const chain of own.toReversed()) await run('-X', chain);
}

function ownChains(
  family: Family,
  saved: string,
): { readonly own: readonly string[]; readonly chains: Chains } {
  const chains = parseChains(saved);
  const prefix = prefixOf(family);
  return {
    own: BUILT_IN.flatMap((name) => hooksOf(name, prefix)).filter((name) => chains.has(name)),
    chains,
  };
}

const isUsed = (own: readonly string[], chains: Chains): boolean =>
  [...chains].some(([name, { rules }]) =>
    own.includes(name)
      ? rules.length > 0
      : !isBuiltIn(name) && rules.some(({ target }) => own.includes(target)),
  );
