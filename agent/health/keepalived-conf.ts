import type { Probes } from '../host/probes.ts';

/** What of a keepalived.conf(5) can be compared with what the daemon says, or tells how slow it is. */
export type KeepalivedConf = {
  readonly instances: readonly {
    readonly name: string;
    readonly routerId: number | null;
    readonly priority: number | null;
  }[];
  /** The longest time that a track script may fail before it counts. */
  readonly slowestScriptMs: number;
};

/** As it is on this host; `null`: there is none, or its own text does not say what is meant. */
export async function keepalivedConf(probes: Pick<Probes, 'files'>): Promise<KeepalivedConf | null> {
  const text = await keepalivedText(probes);
  return text === null ? null : readKeepalivedConf(text);
}

export async function keepalivedText({ files }: Pick<Probes, 'files'>): Promise<string | null> {
  const file = await files.read('/etc/keepalived/keepalived.conf');
  return file === null ? null : files.text(file.content);
}

/** `null`: it includes other files, has variables or conditions, so that its own text does not say what is meant. */
export function readKeepalivedConf(text: string): KeepalivedConf | null {
  const words = wordsOf(text);
  if (isElsewhere(words)) return null;
  const blocks = blocksOf(words);
  const scripts = blocks.filter(({ kind }) => kind === 'vrrp_script');
  return {
    instances: blocks
      .filter(({ kind }) => kind === 'vrrp_instance')
      .map((block) => ({
        name: block.name,
        routerId: numberAfter('virtual_router_id', block.words),
        priority: numberAfter('priority', block.words),
      })),
    slowestScriptMs: Math.max(0, ...scripts.map(({ words: own }) => slowMs(own))),
  };
}

const isElsewhere = (words: readonly string[]): boolean =>
  words.some((word) => word === 'include' || /^[$@~]/.test(word));

/**
 * Whether the instance of this address adds what `file` says to its priority, so that this host can step back behind
 * others and come forward again: a `track_file` with the weight 1, man keepalived.conf(5). With `nopreempt` it would
 * not come forward.
 */
export function stepsBackBy(file: string, vip: string, text: string): boolean {
  const words = wordsOf(text);
  if (isElsewhere(words)) return false;
  const blocks = blocksOf(words);
  const instance = blocks.find(
    ({ kind, inner }) => kind === 'vrrp_instance' && innerWords('virtual_ipaddress', inner).includes(vip),
  );
  if (instance === undefined || instance.words.includes('nopreempt')) return false;
  const tracked = innerWords('track_file', instance.inner);
  return blocks
    .filter(
      ({ kind, words: own }) => /^(vrrp_)?track_file$/.test(kind) && own[own.indexOf('file') + 1] === file,
    )
    .some(({ name, words: own }) => {
      const at = tracked.indexOf(name);
      const weight = tracked[at + 1] === 'weight' ? Number(tracked[at + 2]) : numberAfter('weight', own);
      return at >= 0 && weight === 1;
    });
}

const innerWords = (name: string, inner: readonly Block[]): readonly string[] =>
  inner.flatMap((block) => (block.name === name ? block.words.map((word) => word.split('/')[0]!) : []));

/** Each run may take `timeout` (the interval, by default) before it counts as failed. */
function slowMs(words: readonly string[]): number {
  const interval = numberAfter('interval', words) ?? 1;
  const fall = numberAfter('fall', words) ?? 1;
  return 1_000 * (interval * fall + (numberAfter('timeout', words) ?? interval));
}

/** `!` and `#` begin comments; quotes hold words together; braces are words. */
function wordsOf(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.match(/"[^"]*"|[{}]|[!#].*$|[^\s{}"!#]+/g) ?? []);
  return lines.flat().filter((word) => !/^[!#]/.test(word));
}

type Block = {
  readonly kind: string;
  readonly name: string;
  /** Those of inner blocks left out. */
  readonly words: readonly string[];
  readonly inner: readonly Block[];
};

/** The blocks at the top, each with those in it. */
function blocksOf(words: readonly string[]): readonly Block[] {
  const open: { readonly words: string[]; readonly inner: Block[] }[] = [{ words: [], inner: [] }];
  for (const word of words) {
    if (word === '{') open.push({ words: [], inner: [] });
    else if (word !== '}') open.at(-1)!.words.push(word);
    else if (open.length > 1) {
      const closed = open.pop()!;
      const { words: before, inner } = open.at(-1)!;
      inner.push({ kind: before.at(-2) ?? '', name: before.at(-1) ?? '', ...closed });
    }
  }
  return open[0]!.inner;
}

function numberAfter(name: string, words: readonly string[]): number | null {
  const at = words.indexOf(name);
  const value = at < 0 ? Number.NaN : Number(words[at + 1]);
  return Number.isFinite(value) ? value : null;
}
