import type { AdvertsHeard } from '../../host/vrrp-adverts.ts';
import { hostLint, type At } from './lint.ts';

const LONGEST_S = 10;
/** Others mostly speak every second, and the last one may be just over. */
const SHORTEST_S = 4;

/**
 * Before a VRID is used for the first time: a router of this network that has it, too, may step back behind us, and
 * take the way out with it. Heard is what is sent to the group or to this host within three adverts.
 */
export const routerIdHeard = hostLint<AdvertsHeard>({
  about: 'whether somebody else uses the VRID',
  concerns: ({ intent }) => intent !== null && intent.routerId !== null,
  lasting: ({ cluster, intent }) => `${cluster.interface} ${intent?.routerId?.routerId}`,
  ask: (probes, { cluster }) => probes.adverts(cluster.interface, secondsFor(cluster.vrrp.advertIntervalMs)),
  judge: (facts, at) => {
    const ours = at.intent?.routerId ?? null;
    if ('unknown' in facts)
      return [{ notice: `Whether somebody else uses the VRID could not be heard: ${facts.unknown}.` }];
    const [found] = facts.heard.filter(
      ({ source, routerId }) => routerId === ours?.routerId && !isNode(source, at),
    );
    if (ours === null || found === undefined) return [];
    const what = found.addresses.length === 0 ? '' : `, for ${found.addresses.join(', ')}`;
    return [
      {
        refuses: ours.by,
        of: 'routerId',
        why: `${found.source} speaks VRRP with the VRID ${ours.routerId}${what}, and is none of the cluster's nodes: each would take the other for its own. Choose another vrrp.routerId, or list the host under nodes if it is one.`,
      },
    ];
  },
});

/** How long it takes to hear three adverts, as far as anybody waits for them. */
export const secondsFor = (advertIntervalMs: number): number =>
  Math.min(LONGEST_S, Math.max(SHORTEST_S, Math.ceil((3 * advertIntervalMs) / 1_000) + 1));

const isNode = (source: string, { cluster }: At): boolean =>
  cluster.nodes.some(({ address }) => address === source);
