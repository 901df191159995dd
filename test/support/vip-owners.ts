import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { HOSTS } from './lab.ts';

/** Who holds which of some addresses, from all hosts, every 50 ms: `1:10.1.233.1`. */
export type Owners = {
  /** The longest time in which more than one host held one of them, and in which nobody did. */
  readonly twoForMs: number;
  readonly nobodyForMs: number;
  /** Each picture that was another than the one before, for whoever reads why. */
  readonly story: readonly string[];
};

const LAB = process.env['HOLDFAST_LAB_NAME'] ?? 'holdfast-lab';
const EVERY_MS = 50;
const run = promisify(execFile);

type Picture = { readonly atMs: number; readonly held: readonly string[] };

export function watchOwners(addresses: readonly string[]): { readonly stop: () => Promise<Owners> } {
  const pictures: Picture[] = [];
  const over = new AbortController();
  const watching = (async () => {
    while (!over.signal.aborted) {
      const atMs = Date.now();
      const held = (await Promise.all(HOSTS.map((n) => heldBy(n, addresses)))).flat();
      pictures.push({ atMs, held });
      await sleep(Math.max(0, EVERY_MS - (Date.now() - atMs)));
    }
  })();
  return {
    stop: async () => {
      over.abort();
      await watching;
      return ownersIn(pictures);
    },
  };
}

/** From outside: nothing is started on the host. One that is off has none. */
async function heldBy(n: number, addresses: readonly string[]): Promise<readonly string[]> {
  const argv = ['-n', `${LAB}-${n}`, '-j', '-4', 'address', 'show', 'dev', 'eth0'];
  const { stdout } = await run('ip', argv).catch(() => ({ stdout: '[]' }));
  const links = JSON.parse(stdout) as readonly {
    readonly addr_info?: readonly { readonly local?: string }[];
  }[];
  const here = links.flatMap(({ addr_info = [] }) => addr_info.map(({ local }) => local));
  return addresses.filter((address) => here.includes(address)).map((address) => `${n}:${address}`);
}

export function ownersIn(pictures: readonly Picture[]): Owners {
  const longest = (isSo: (held: readonly string[]) => boolean): number => {
    let most = 0;
    let sinceMs: number | null = null;
    for (const { atMs, held } of pictures) {
      if (!isSo(held)) sinceMs = null;
      else most = Math.max(most, atMs - (sinceMs ??= atMs) + EVERY_MS);
    }
    return most;
  };
  const hosts = (held: readonly string[]): number => new Set(held.map((one) => one.split(':')[0])).size;
  const told = pictures.filter(({ held }, at) => held.join() !== pictures[at - 1]?.held.join());
  return {
    twoForMs: longest((held) => hosts(held) > 1),
    nobodyForMs: longest((held) => held.length === 0),
    story: told.map(
      ({ atMs, held }) => `${new Date(atMs).toISOString().slice(11, 23)} ${held.join(' ') || 'nobody'}`,
    ),
  };
}
