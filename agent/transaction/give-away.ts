import { keepalivedText, stepsBackBy } from '../health/keepalived-conf.ts';
import type { Probes } from '../host/probes.ts';
import { GONE, holdsIt, until, type HandOverTools, type Place } from './hand-over-tools.ts';

/** What is open may end (an API request takes some ten milliseconds). New connections wait a second in any case. */
const DRAIN_MS = 150;
/** keepalived takes 5 to 40 ms (measured). Much longer, and clients would notice that they are held back. */
const LETS_GO_MS = 500;
const REACHED_MS = 1_000;

export type Given = 'given' | 'not here' | { readonly kept: string };

/** Gives the virtual IP away, and then has this host count for `then`. */
export const giveAway = (place: Place, then: number, tools: HandOverTools): Promise<Given> =>
  tools.alone(() => giveAwayNow(place, then, tools));

async function giveAwayNow(place: Place, then: number, tools: HandOverTools): Promise<Given> {
  const { port } = tools;
  if (!holdsIt(place, tools)) return 'not here';
  try {
    const probes = await tools.probes();
    if (!(await stepsBack(place, probes, tools))) return 'not here';
    if (!(await somebodyIsThere(place, probes))) return { kept: 'no other control plane node answers' };
    const given = await leave(place, probes, tools);
    await port.setOffset(given === 'given' ? then : 0);
    return given;
  } catch (cause) {
    await port.setOffset(0).catch(() => undefined);
    return { kept: cause instanceof Error ? cause.message : String(cause) };
  }
}

async function leave(place: Place, probes: Probes, { port, ...tools }: HandOverTools): Promise<Given> {
  const { vip, apiPort, vrrp } = place.cluster;
  const isHere = (): boolean => holdsIt(place, tools);
  try {
    if (await port.holdBack(vip, apiPort)) await tools.time.sleep(DRAIN_MS);
    await port.setOffset(GONE);
    if (!(await until(() => !isHere(), LETS_GO_MS, 10, tools.time)))
      return { kept: 'keepalived does not let go of it' };
  } finally {
    await port.letIn();
  }
  const takes = async (): Promise<boolean> => !isHere() && (await probes.tcp(vip, apiPort, 300)) === 'open';
  // The others wait for less than one advert after the last one; and the network has to learn who it is.
  const limitMs = 2 * vrrp.advertIntervalMs + 1_000;
  if (await until(takes, limitMs, 50, tools.time)) return 'given';
  return { kept: `nobody else had it after ${limitMs / 1000} s` };
}

async function stepsBack({ cluster }: Place, probes: Probes, { port }: HandOverTools): Promise<boolean> {
  const text = await keepalivedText(probes);
  return text !== null && stepsBackBy(port.file, cluster.vip, text);
}

/** Its API server answers, so it runs: whether its keepalived does, only giving the address away can tell. */
async function somebodyIsThere({ cluster, role }: Place, probes: Probes): Promise<boolean> {
  const others = cluster.nodes.filter(({ name }) => name !== role.hostname);
  const opened = await Promise.all(
    others.map(({ address }) => probes.tcp(address, cluster.apiPort, REACHED_MS)),
  );
  return opened.includes('open');
}
