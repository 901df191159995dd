import {
  holdsAddress,
  keepalivedBlocks,
  numberOf,
  refersElsewhere,
  statement,
  statementsIn,
  type Block,
} from '../desired/keepalived-blocks.ts';
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
  const conf = keepalivedBlocks(text);
  if (refersElsewhere(conf)) return null;
  const scripts = conf.blocks.filter(({ head }) => head[0] === 'vrrp_script');
  return {
    instances: conf.blocks
      .filter(({ head }) => head[0] === 'vrrp_instance')
      .map((block) => ({
        name: block.head[1] ?? '',
        routerId: numberOf(block, 'virtual_router_id'),
        priority: numberOf(block, 'priority'),
      })),
    slowestScriptMs: Math.max(0, ...scripts.map(slowMs)),
  };
}

/**
 * Whether the instance of this address adds what `file` says to its priority, so that this host can step back behind
 * others and come forward again: a `track_file` with the weight 1, man keepalived.conf(5). With `nopreempt` it would
 * not come forward.
 */
export function stepsBackBy(file: string, vip: string, text: string): boolean {
  const conf = keepalivedBlocks(text);
  if (refersElsewhere(conf)) return false;
  const instance = conf.blocks.find((block) => block.head[0] === 'vrrp_instance' && holdsAddress(block, vip));
  if (instance === undefined || statement(instance, 'nopreempt') !== null) return false;
  const tracked = statementsIn(instance, 'track_file');
  return conf.blocks
    .filter(
      (block) =>
        /^(vrrp_)?track_file$/.test(block.head[0] ?? '') && statement(block, 'file')?.words[1] === file,
    )
    .some((block) => {
      const entry = tracked.find(({ words }) => words[0] === block.head[1]);
      if (entry === undefined) return false;
      const [, word, value] = entry.words;
      return (word === 'weight' ? Number(value) : numberOf(block, 'weight')) === 1;
    });
}

/** Each run may take `timeout` (the interval, by default) before it counts as failed. */
function slowMs(script: Block): number {
  const interval = numberOf(script, 'interval') ?? 1;
  const fall = numberOf(script, 'fall') ?? 1;
  return 1_000 * (interval * fall + (numberOf(script, 'timeout') ?? interval));
}
