import type { LintProbes } from '../../host/lint-probes.ts';
import type { ArpAnswer } from '../../host/probes.ts';
import { hostLint, type At } from './lint.ts';

/** Link addresses that answer for the virtual IP, and those that answer for the nodes' own addresses. */
type Facts = ArpAnswer & { readonly ours: readonly string[] };

/**
 * Before the virtual IP is taken for the first time: somebody may have it already, a printer or a Service. Whoever
 * answers for a node's own address too is that node: it holds the virtual IP now, or is giving it away, and is no
 * stranger.
 */
export const stranger = hostLint<Facts>({
  about: 'whether somebody else has the virtual IP',
  concerns: ({ intent }) => intent !== null && intent.takesVip !== null,
  lasting: ({ cluster }) => `${cluster.vip} ${cluster.interface}`,
  ask: async (probes, at) => {
    const first = await ask(probes, at);
    // One that answered once may have left meanwhile: during a handover two do.
    return strangersIn(first, at).length > 0 ? ask(probes, at) : first;
  },
  judge: (facts, at) => {
    const by = at.intent?.takesVip ?? null;
    const { vip, interface: name } = at.cluster;
    if ('unknown' in facts)
      return [{ notice: `Whether somebody else has ${vip} could not be asked: ${facts.unknown}.` }];
    const strangers = strangersIn(facts, at);
    if (by === null || strangers.length === 0) return [];
    return [
      {
        refuses: by,
        of: 'vip',
        why: `${strangers.join(' and ')} answers for ${vip} on ${name}, and is none of the cluster's nodes: two hosts would have the address. Choose a free one as vip, or take it away from the other ("arping -I ${name} ${vip}" shows who has it).`,
      },
    ];
  },
});

async function ask(probes: LintProbes, { cluster, role }: At): Promise<Facts> {
  const others = cluster.nodes.filter(({ address }) => address !== role.address);
  const [vip, ...nodes] = await Promise.all(
    [cluster.vip, ...others.map(({ address }) => address)].map((address) =>
      probes.answering(cluster.interface, address),
    ),
  );
  const ours = nodes.flatMap((answer) => ('others' in answer ? answer.others : []));
  return { ...vip!, ours };
}

/** keepalived may use VRRP's own link address (`use_vmac`): RFC 3768, 7.3. */
function strangersIn(facts: Facts, { cluster }: At): readonly string[] {
  if ('unknown' in facts) return [];
  const virtual = `00:00:5e:00:01:${cluster.vrrp.routerId.toString(16).padStart(2, '0')}`;
  return facts.others.filter((one) => one !== virtual && !facts.ours.includes(one));
}
