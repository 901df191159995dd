/** One option of a rule, `name` without its dashes. `negated`: `!` stood before it. */
export type Option = { readonly name: string; readonly value: string; readonly negated: boolean };

export type ChainRule = {
  /** What it matches, as written: `optionsOf` takes it apart, which most rules never need. */
  readonly match: string;
  /** ACCEPT, DROP, a chain's name, … ; empty when the rule only counts. */
  readonly target: string;
  /** The words of the `### tuple ###` above it in a rules file. */
  readonly tuple: string | null;
};

/** `policy` is null for a chain that is not built in. */
export type Chain = { readonly policy: string | null; readonly rules: readonly ChainRule[] };
export type Chains = ReadonlyMap<string, Chain>;

const TUPLE = '### tuple ### ';

/** The filter table of iptables-save's output, or of a file for iptables-restore: they share one format. */
export function parseChains(text: string, only: (chain: string) => boolean = () => true): Chains {
  const chains = new Map<string, { policy: string | null; rules: ChainRule[] }>();
  const chain = (name: string) => {
    const known = chains.get(name) ?? { policy: null, rules: [] };
    chains.set(name, known);
    return known;
  };
  let isFilter = true;
  let tuple: string | null = null;
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) isFilter = line.trim() === '*filter';
    else if (line === '') tuple = null;
    else if (line.startsWith(TUPLE)) tuple = line.slice(TUPLE.length);
    if (!isFilter || !(line.startsWith(':') || line.startsWith('-'))) continue;
    const [word = '', second = ''] = line.split(' ', 2);
    const name = line.startsWith(':') ? word.slice(1) : second;
    if (!only(name)) continue;
    if (line.startsWith(':')) chain(name).policy = second === '-' ? null : second;
    else if (word === '-A') chain(name).rules.push(ruleOf(line, name, tuple));
    else if (word === '-I') chain(name).rules.unshift(ruleOf(line, name, tuple));
  }
  return chains;
}

const JUMP = / (?:-j|--jump|-g|--goto) (\S+)/;

function ruleOf(line: string, chain: string, tuple: string | null): ChainRule {
  const match = line.slice('-A '.length + chain.length);
  return { match, target: JUMP.exec(match)?.[1] ?? '', tuple };
}

const LONG: Readonly<Record<string, string>> = {
  i: 'in-interface',
  o: 'out-interface',
  p: 'protocol',
  s: 'source',
  d: 'destination',
  src: 'source',
  dst: 'destination',
  'destination-port': 'dport',
  'source-port': 'sport',
  'destination-ports': 'dports',
  'source-ports': 'sports',
  state: 'ctstate',
};
const NOT_MATCHES = new Set(['j', 'jump', 'g', 'goto', 'm', 'match']);

export function optionsOf({ match }: ChainRule): readonly Option[] {
  const words = [...match.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map((m) => m[1] ?? m[2] ?? m[3]!);
  const options: { name: string; value: string; negated: boolean }[] = [];
  let negated = false;
  for (const word of words) {
    if (word === '!') negated = true;
    else if (word.startsWith('-')) {
      const name = word.replace(/^--?/, '');
      options.push({ name: LONG[name] ?? name, value: '', negated });
      negated = false;
    } else {
      const last = options.at(-1);
      if (last !== undefined) last.value = last.value === '' ? word : `${last.value} ${word}`;
    }
  }
  return options.filter(({ name }) => !NOT_MATCHES.has(name));
}
