import type { LiveReader, Reader } from '../host/host.ts';
import { parseChains, type Chain, type ChainRule, type Chains } from '../resources/ufw-chains.ts';
import { readText, RULES_PATH, type UfwSettings } from '../resources/ufw-files.ts';
import { saveFilter } from '../resources/ufw-save.ts';
import { arrange } from '../resources/ufw-placing.ts';
import { rulesIn } from '../resources/ufw-rules-file.ts';
import type { RulesState } from '../resources/ufw-rules-state.ts';
import type { Family } from '../resources/ufw-tuple.ts';

/** What the kernel does now, and what it will do. */
export type BeforeAndAfter = { readonly before: Chains; readonly after: Chains };

export async function readChains(
  family: Family,
  rulesAfter: RulesState | undefined,
  settings: UfwSettings,
  reader: Reader,
  live: LiveReader,
): Promise<BeforeAndAfter> {
  const before = parseChains(await saveFilter(family, live));
  // With IPV6=no ufw empties IPv6's table and shuts it but for loopback (ufw-init-functions).
  if (family === 'v6' && !settings.ipv6) return { before, after: new Map([['INPUT', shut]]) };
  const six = family === 'v4' ? '' : '6';
  const rules = rulesIn(await readText(reader, RULES_PATH[family]), family);
  const placed = rulesAfter === undefined ? null : (rulesAfter?.[family] ?? []);
  const user = placed === null ? rules : arrange(rules, placed, family);
  const texts = [
    await readText(reader, `/etc/ufw/before${six}.rules`),
    user.map(({ raw }) => `\n${raw}`).join(''),
    await readText(reader, `/etc/ufw/after${six}.rules`),
  ];
  return {
    before,
    after: afterStart(
      before,
      texts.map((text) => parseChains(text)),
      `ufw${six}`,
      settings,
    ),
  };
}

const rule = (target: string, match = ''): ChainRule => ({ match, target, tuple: null });
const shut: Chain = { policy: 'DROP', rules: [rule('ACCEPT', '-i lo')] };

/** ufw's chains as it will load them, below what others have in the built-in ones. */
function afterStart(now: Chains, files: readonly Chains[], prefix: string, settings: UfwSettings): Chains {
  const chains = new Map([...now].filter(([name]) => !name.startsWith(`${prefix}-`)));
  for (const [name, { rules }] of files.flatMap((file) => [...file]))
    chains.set(name, { policy: null, rules: [...(chains.get(name)?.rules ?? []), ...rules] });
  const add = (name: string, ...rules: readonly ChainRule[]): void => {
    const chain = chains.get(name) ?? { policy: null, rules: [] };
    chains.set(name, { ...chain, rules: [...chain.rules, ...rules] });
  };
  add(`${prefix}-user-limit-accept`, rule('ACCEPT'));
  for (const way of ['input', 'output'] as const) {
    const policy = way === 'input' ? settings.inputPolicy : settings.outputPolicy;
    add(`${prefix}-before-${way}`, rule(`${prefix}-user-${way}`));
    add(`${prefix}-skip-to-policy-${way}`, rule(policy));
    if (policy === 'REJECT') add(`${prefix}-reject-${way}`, rule('REJECT'));
    if (policy === 'ACCEPT')
      add(`${prefix}-track-${way}`, rule('ACCEPT', '-p tcp'), rule('ACCEPT', '-p udp'));
    const primary = ['before', 'after', 'reject', 'track'].map((kind) => rule(`${prefix}-${kind}-${way}`));
    const builtIn = way.toUpperCase();
    const there = now.get(builtIn)?.rules ?? [];
    const isHooked = there.some(({ target }) => target === `${prefix}-before-${way}`);
    chains.set(builtIn, {
      policy: policy === 'ACCEPT' ? 'ACCEPT' : 'DROP',
      rules: isHooked ? there : [...there, ...primary],
    });
  }
  return chains;
}
