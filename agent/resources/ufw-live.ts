import type { LiveReader, Reader } from '../host/host.ts';
import { matchWords } from './ufw-match.ts';
import { parseChains, type Chain, type ChainRule, type Chains } from './ufw-chains.ts';
import { readText, RULES_PATH, type UfwSettings } from './ufw-files.ts';
import type { Family } from './ufw-tuple.ts';

/** `whole`: the kernel does what ufw's files say. `missing`: some of it is gone. `off`: nothing of it is there. */
export type Live = 'whole' | 'missing' | 'off';

const BUILT_IN = ['INPUT', 'OUTPUT', 'FORWARD'] as const;
const EMPTY: Chain = { policy: null, rules: [] };

/** Two processes, no python: it is asked every cycle. */
export async function readLive(settings: UfwSettings, host: Reader, live: LiveReader): Promise<Live> {
  const families = settings.kernelIpv6 ? (['v4', 'v6'] as const) : (['v4'] as const);
  const found = await Promise.all(families.map((family) => familyLive(family, settings, host, live)));
  // Without IPv6 chains of its own, ufw off in IPv4 is off: a closed IPv6 is then somebody else's.
  if (!settings.ipv6 && found[0] === 'off') return 'off';
  return found.every((one) => one === found[0]) ? found[0]! : 'missing';
}

async function familyLive(
  family: Family,
  settings: UfwSettings,
  host: Reader,
  live: LiveReader,
): Promise<Live> {
  const chains = parseChains(
    await saveFilter(family, live),
    (name) => isBuiltIn(name) || name.startsWith('ufw'),
  );
  // With IPV6=no ufw shuts IPv6 but for loopback, and keeps no chains there.
  if (family === 'v6' && !settings.ipv6) return chains.get('INPUT')?.policy === 'DROP' ? 'whole' : 'off';
  const prefix = family === 'v4' ? 'ufw' : 'ufw6';
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

export async function saveFilter(family: Family, live: LiveReader): Promise<string> {
  const program = family === 'v4' ? 'iptables-save' : 'ip6tables-save';
  const saved = await live.query([program, '-t', 'filter']);
  if (saved.exitCode === 0) return saved.stdout;
  const why = saved.stderr.trim().split('\n')[0] ?? '';
  throw new Error(
    `What the firewall does cannot be seen: "${program}" exited with ${saved.exitCode}: ${why}`,
  );
}

const isBuiltIn = (name: string): boolean => (BUILT_IN as readonly string[]).includes(name);

/** The built-in chains lead into ufw's (ufw-init-functions), and INPUT ends as the settings say. */
function isHooked(chains: Chains, prefix: string, { inputPolicy }: UfwSettings): boolean {
  const policy = inputPolicy === 'ACCEPT' ? 'ACCEPT' : 'DROP';
  // FORWARD's policy is left out: container networks set their own.
  if (chains.get('INPUT')?.policy !== policy) return false;
  return BUILT_IN.every((name) => {
    const rules = chains.get(name)?.rules ?? [];
    const where = name.toLowerCase();
    const leadsTo = (chain: string): boolean => rules.some(({ target }) => target === chain);
    const primary = ['before-logging', 'before', 'after', 'after-logging', 'reject', 'track'];
    const before = chains.get(`${prefix}-before-${where}`)?.rules ?? [];
    return (
      primary.every((kind) => leadsTo(`${prefix}-${kind}-${where}`)) &&
      before.some(({ target }) => target === `${prefix}-user-${where}`)
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
  return ufws.every(([name, { rules }]) => (kernel.get(name) ?? EMPTY).rules.length >= rules.length);
}
