import type { LiveReader, Reader } from '../host/host.ts';
import { kernelFamiliesOf, prefixOf } from './ufw-family.ts';
import { BUILT_IN, isBuiltIn, missingHooks } from './ufw-hooks.ts';
import { saveFilter } from './ufw-save.ts';
import { matchWords } from './ufw-match.ts';
import { parseChains, type Chain, type ChainRule, type Chains } from './ufw-chains.ts';
import { readText, RULES_PATH, type UfwSettings } from './ufw-files.ts';
import { hasTracking } from './ufw-tracking.ts';
import type { Family } from './ufw-tuple.ts';

/** `whole`: the kernel does what ufw's files say. `missing`: some of it is gone. `off`: nothing of it is there. */
export type Live = 'whole' | 'missing' | 'off';

const EMPTY: Chain = { policy: null, rules: [] };

/** `tracking`: the chain with which Holdfast has connections tracked before it enables ufw is still there. */
export type InKernel = { readonly live: Live; readonly tracking: boolean; readonly saved: SavedFilters };
/** The kernel's filter tables, by family, as they were saved for it. */
export type SavedFilters = ReadonlyMap<Family, string>;

/** Two processes, no python: it is asked every cycle. */
export async function readLive(settings: UfwSettings, host: Reader, live: LiveReader): Promise<InKernel> {
  const saved: SavedFilters = new Map(
    await Promise.all(
      kernelFamiliesOf(settings).map(async (family) => [family, await saveFilter(family, live)] as const),
    ),
  );
  const tracking = [...saved.values()].some(hasTracking);
  const found = await Promise.all(
    [...saved].map(([family, text]) => familyLive(family, text, settings, host)),
  );
  // Without IPv6 chains of its own, ufw off in IPv4 is off: a closed IPv6 is then somebody else's.
  if (!settings.ipv6 && found[0] === 'off') return { live: 'off', tracking, saved };
  return { live: found.every((one) => one === found[0]) ? found[0]! : 'missing', tracking, saved };
}

async function familyLive(family: Family, saved: string, settings: UfwSettings, host: Reader): Promise<Live> {
  const chains = parseChains(saved, (name) => isBuiltIn(name) || name.startsWith('ufw'));
  // With IPV6=no ufw shuts IPv6 but for loopback, and keeps no chains there.
  if (family === 'v6' && !settings.ipv6) return chains.get('INPUT')?.policy === 'DROP' ? 'whole' : 'off';
  const prefix = prefixOf(family);
  if (!chains.has(`${prefix}-user-input`)) return 'off';
  const six = family === 'v4' ? '' : '6';
  const [before, user, after] = await Promise.all(
    [`/etc/ufw/before${six}.rules`, RULES_PATH[family], `/etc/ufw/after${six}.rules`].map((path) =>
      readText(host, path),
    ),
  );
  const whole =
    isHooked(chains, prefix, settings) &&
    holdsUserRules(chains, parseChains(user!), prefix) &&
    [before!, after!].every((text) => holdsAsMany(chains, parseChains(text), prefix));
  return whole ? 'whole' : 'missing';
}

/** The built-in chains lead into ufw's, and INPUT ends as the settings say. FORWARD's policy is for container networks. */
function isHooked(chains: Chains, prefix: string, { inputPolicy }: UfwSettings): boolean {
  if (chains.get('INPUT')?.policy !== (inputPolicy === 'ACCEPT' ? 'ACCEPT' : 'DROP')) return false;
  return BUILT_IN.every((name) => {
    const where = name.toLowerCase();
    const before = chains.get(`${prefix}-before-${where}`) ?? EMPTY;
    return (
      missingHooks(name, prefix, chains).length === 0 &&
      before.rules.some(({ target }) => target === `${prefix}-user-${where}`)
    );
  });
}

/** Rule by rule, in order. More than ours may stand between: what others add to the kernel alone is theirs. */
function holdsUserRules(kernel: Chains, file: Chains, prefix: string): boolean {
  const names = ['input', 'output', 'forward', 'limit', 'limit-accept'].map(
    (name) => `${prefix}-user-${name}`,
  );
  return names.every((name) => {
    const there = (kernel.get(name) ?? EMPTY).rules.map(words);
    let at = 0;
    return (file.get(name) ?? EMPTY).rules.map(words).every((rule) => {
      at = there.indexOf(rule, at) + 1;
      return at > 0;
    });
  });
}

const words = (rule: ChainRule): string => matchWords(rule).join(' ');

/** Hand-written rules have too many spellings to be compared: they are counted. */
function holdsAsMany(kernel: Chains, file: Chains, prefix: string): boolean {
  const ufws = [...file].filter(([name]) => name.startsWith(`${prefix}-`));
  const own = ({ target }: ChainRule): boolean => !target.startsWith(`${prefix}-user-`);
  return ufws.every(
    ([name, { rules }]) => (kernel.get(name) ?? EMPTY).rules.filter(own).length >= rules.length,
  );
}
