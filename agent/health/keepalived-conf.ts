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
export async function keepalivedConf({ files }: Pick<Probes, 'files'>): Promise<KeepalivedConf | null> {
  const file = await files.read('/etc/keepalived/keepalived.conf');
  return file === null ? null : readKeepalivedConf(files.text(file.content));
}

/** `null`: it includes other files, has variables or conditions, so that its own text does not say what is meant. */
export function readKeepalivedConf(text: string): KeepalivedConf | null {
  const words = wordsOf(text);
  if (words.some((word) => word === 'include' || /^[$@~]/.test(word))) return null;
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

type Block = { readonly kind: string; readonly name: string; readonly words: readonly string[] };

/** The blocks at the top, each with all the words in it, those of inner blocks left out. */
function blocksOf(words: readonly string[]): readonly Block[] {
  const blocks: Block[] = [];
  let depth = 0;
  let before: string[] = [];
  let inside: string[] = [];
  for (const word of words) {
    if (word === '{') {
      if (depth === 0) inside = [];
      depth += 1;
    } else if (word === '}') {
      depth -= 1;
      if (depth === 0) {
        blocks.push({ kind: before.at(-2) ?? '', name: before.at(-1) ?? '', words: inside });
        before = [];
      }
    } else if (depth === 0) before.push(word);
    else if (depth === 1) inside.push(word);
  }
  return blocks;
}

function numberAfter(name: string, words: readonly string[]): number | null {
  const at = words.indexOf(name);
  const value = at < 0 ? Number.NaN : Number(words[at + 1]);
  return Number.isFinite(value) ? value : null;
}
