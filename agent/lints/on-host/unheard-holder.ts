import type { AdvertsHeard } from '../../host/vrrp-adverts.ts';
import { hostLint, type At } from './lint.ts';
import { secondsFor } from './router-id-heard.ts';

type Facts = {
  /** The node that answers for the virtual IP; `null`: none does, or it cannot be told. */
  readonly holder: { readonly name: string; readonly address: string } | null;
  readonly adverts: AdvertsHeard;
};

/** Adverts that come more rarely are not waited for (router-id-heard.ts), so that none is heard says nothing. */
const RAREST_MS = 9_000;

/**
 * Before a host takes part by unicast for the first time: whoever holds the virtual IP speaks to its own peers alone.
 * If this host is none of them yet it hears nobody, and takes the address as well. What arrives is heard before any
 * firewall, so it does not matter whether the holder's agent can be asked.
 */
export const unheardHolder = hostLint<Facts>({
  about: 'whether the node that holds the virtual IP knows this host as a peer',
  concerns: ({ intent, cluster: { vrrp } }) =>
    intent !== null &&
    intent.takesVip !== null &&
    vrrp.transport === 'unicast' &&
    vrrp.advertIntervalMs <= RAREST_MS,
  lasting: ({ cluster }) => `${cluster.vip} ${cluster.interface} ${cluster.vrrp.routerId}`,
  ask: async (probes, at) => {
    const { interface: name, vrrp } = at.cluster;
    const [adverts, vip, ...nodes] = await Promise.all([
      probes.adverts(name, secondsFor(vrrp.advertIntervalMs)),
      probes.answering(name, at.cluster.vip),
      ...others(at).map(({ address }) => probes.answering(name, address)),
    ]);
    const owners = 'others' in vip ? vip.others : [];
    const held = nodes.findIndex((one) => 'others' in one && one.others.some((mac) => owners.includes(mac)));
    return { holder: others(at)[held] ?? null, adverts };
  },
  judge: ({ holder, adverts }, at) => {
    const by = at.intent?.takesVip ?? null;
    if (by === null || holder === null || 'unknown' in adverts || isHeard(holder, adverts.heard, at))
      return [];
    const { vip } = at.cluster;
    return [
      {
        refuses: by,
        why: `${holder.name} holds ${vip} and sends this host no adverts: it does not know it as a unicast peer yet, and both would have the address. This host follows by itself as soon as the others have this commit, which they take at its rollout.at ("holdfast why" there says what it waits for).`,
      },
    ];
  },
});

const others = ({ cluster, role }: At) => cluster.nodes.filter(({ name }) => name !== role.hostname);

/** Others' adverts say nothing of it, and this host's own least of all. */
const isHeard = (
  holder: { readonly address: string },
  heard: Extract<AdvertsHeard, { readonly heard: unknown }>['heard'],
  { cluster: { vrrp } }: At,
): boolean => heard.some(({ source, routerId }) => routerId === vrrp.routerId && source === holder.address);
