/** One option of a rule, `name` without its dashes. `negated`: `!` stood before it. */
export type Option = { readonly name: string; readonly value: string; readonly negated: boolean };

export type ChainRule = {
  readonly options: readonly Option[];
  /** ACCEPT, DROP, a chain's name, … ; empty when the rule only counts. */
  readonly target: string;
  /** The words of the `### tuple ###` above it in a rules file. */
  readonly tuple: string | null;
};

/** `policy` is null for a chain that is not built in. */
export type Chain = { readonly policy: string | null; readonly rules: readonly ChainRule[] };
export type Chains = ReadonlyMap<string, Chain>;

/** The filter table of iptables-save's output, or of a file for iptables-restore: they share one format. */
export function parseChains(text: string, only: (chain: string) => boolean = () => true): Chains {
  const chains = new Map<string, { policy: string | null; rules: ChainRule[] }>();
  const chain = (name: string) => {
    const known = chains.get(name) ?? { policy: null, rules: [] };
    chains.set(name, known);
    return known;
  };
  let table = 'filter';
  let tuple: string | null = null;
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim();
    else if (line === '' || line.startsWith('### END')) tuple = null;
    else if (line.startsWith('### tuple ### ')) tuple = line.slice('### tuple ### '.length);
    if (table !== 'filter') continue;
    const declared = /^:(\S+) (\S+)/.exec(line);
    if (declared !== null && only(declared[1]!))
      chain(declared[1]!).policy = declared[2] === '-' ? null : declared[2]!;
    const [, how, name, rest] = /^-([AI]) (\S+)(.*)$/.exec(line) ?? [];
    if (name === undefined || !only(name)) continue;
    if (how === 'A') chain(name).rules.push({ ...parseOptions(rest!), tuple });
    else chain(name).rules.unshift({ ...parseOptions(rest!), tuple });
  }
  return chains;
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

function parseOptions(text: string): Pick<ChainRule, 'options' | 'target'> {
  const words = [...text.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map((m) => m[1] ?? m[2] ?? m[3]!);
  const options: Option[] = [];
  let target = '';
  let negated = false;
  for (let at = 0; at < words.length;) {
    const word = words[at]!;
    at += 1;
    if (word === '!') {
      negated = true;
      continue;
    }
    const name = word.replace(/^--?/, '');
    const value: string[] = [];
    while (at < words.length && !/^(-|!$)/.test(words[at]!)) {
      value.push(words[at]!);
      at += 1;
    }
    if (['j', 'jump', 'g', 'goto'].includes(name)) target = value[0] ?? '';
    else if (name !== 'm' && name !== 'match')
      options.push({ name: LONG[name] ?? name, value: value.join(' '), negated });
    negated = false;
  }
  return { options, target };
}
