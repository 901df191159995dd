import { isInNetwork } from '../../desired/network.ts';
import { parseRule } from '../../resources/ufw-grammar.ts';
import type { UfwRule } from '../../resources/ufw-tuple.ts';
import { vipInstances } from './instances.ts';
import type { Finding, Instance, Lint, Linted } from './lint.ts';

/** RFC 5798, 5.1.1.2: where adverts go without `unicast_peer`. */
const GROUP = '224.0.0.18';

/** An advert as ufw sees it on this host. */
type Advert = {
  readonly direction: 'in' | 'out';
  readonly from: string;
  readonly to: string;
  readonly interface: string;
};

/**
 * A node that does not hear the others takes the virtual IP, and so do they if it is not heard: a BACKUP that may not
 * send shows nothing of it until it is MASTER. What people have allowed by hand only the host knows, so a rule that
 * closes is refused here, and one that is missing is only said: there the host refuses (plan/lockout.ts).
 */
export const vrrpFirewall: Lint = (linted) =>
  vipInstances(linted).flatMap((instance) => {
    const { cluster } = linted;
    const { rules } = instance.host;
    if (rules === null) return [];
    const parsed = rules.flatMap((text) => {
      const found = parseRule(text);
      return 'rule' in found ? [{ text, rule: found.rule }] : [];
    });
    const judged = advertsOf(instance, cluster).map((advert) => ({
      advert,
      first: parsed.find(({ rule }) => speaksOf(rule, advert)) ?? null,
    }));
    const closing = parsed.filter(({ rule }) => rule.action === 'deny' || rule.action === 'reject');
    return [
      ...closing.flatMap((one) => closes(one, advertsWith(judged, one), instance, cluster)),
      ...(['in', 'out'] as const).flatMap((direction) => {
        const open = advertsWith(judged, null).filter((advert) => advert.direction === direction);
        return lacks(
          open.filter((advert) => isDropped(advert, instance)),
          instance,
          cluster,
        );
      }),
    ];
  });

const advertsWith = <First>(
  judged: readonly { readonly advert: Advert; readonly first: First | null }[],
  first: First | null,
): readonly Advert[] => judged.filter((one) => one.first === first).map(({ advert }) => advert);

function closes(
  { text, rule }: { readonly text: string; readonly rule: UfwRule },
  adverts: readonly Advert[],
  { host }: Instance,
  cluster: Linted['cluster'],
): readonly Finding[] {
  if (adverts.length === 0) return [];
  const what =
    rule.direction === 'in' ? `lets no VRRP in from ${whom(adverts, cluster)}` : 'lets no VRRP out';
  return [
    {
      severity: 'error',
      hostname: host.role.hostname,
      rule: text,
      sentence: `"${text}" ${what}: ${deaf(rule.direction, cluster.vip)} Take it out, or write before it ${allowing(adverts)}.`,
    },
  ];
}

function lacks(
  adverts: readonly Advert[],
  { host }: Instance,
  cluster: Linted['cluster'],
): readonly Finding[] {
  const [first] = adverts;
  if (first === undefined) return [];
  const what = first.direction === 'in' ? `lets VRRP in from ${whom(adverts, cluster)}` : 'lets VRRP out';
  return [
    {
      severity: 'warning',
      hostname: host.role.hostname,
      rule: null,
      hostKnows: true,
      sentence: `no rule ${what}, and ufw drops what none allows: ${deaf(first.direction, cluster.vip)} Where nobody has allowed it by hand the host refuses this. Write ${allowing(adverts)}.`,
    },
  ];
}

const deaf = (direction: Advert['direction'], vip: string): string =>
  direction === 'in'
    ? `this node would not hear them, and would take ${vip} as well.`
    : `the others would not hear this node once it is MASTER, and would take ${vip} as well.`;

/** The same for every node that it is true of. */
const whom = (adverts: readonly Advert[], { nodes }: Linted['cluster']): string =>
  adverts.length === nodes.length - 1 ? 'the other nodes' : adverts.map(({ from }) => from).join(' and ');

/** As a template would write it. */
function allowing([first]: readonly Advert[]): string {
  const { direction = 'in', to = GROUP, interface: name = '' } = first ?? {};
  const own = to === GROUP ? GROUP : '<%= it.node.address %>';
  const peer = '<%= peer.address %>';
  if (direction === 'in')
    return `"allow in on ${name} proto vrrp from ${peer} to ${own}", for each peer of it.peers`;
  return to === GROUP
    ? `"allow out on ${name} proto vrrp to ${GROUP}"`
    : `"allow out on ${name} proto vrrp to ${peer}", for each peer of it.peers`;
}

function advertsOf({ host, block }: Instance, cluster: Linted['cluster']): readonly Advert[] {
  const isUnicast = block.blocks.some(({ head }) => head[0] === 'unicast_peer');
  const own = host.role.address;
  return cluster.nodes
    .filter(({ address }) => address !== own)
    .flatMap(({ address }): readonly Advert[] => [
      { direction: 'in', from: address, to: isUnicast ? own : GROUP, interface: cluster.interface },
      { direction: 'out', from: own, to: isUnicast ? address : GROUP, interface: cluster.interface },
    ]);
}

function speaksOf(rule: UfwRule, { direction, from, to, interface: name }: Advert): boolean {
  const on = rule.interfaceIn || rule.interfaceOut;
  return (
    !rule.route &&
    rule.direction === direction &&
    rule.family !== 'v6' &&
    ['any', 'vrrp'].includes(rule.protocol) &&
    [rule.to, rule.from].every(({ port, app }) => port === 'any' && app === '') &&
    (on === '' || (on.endsWith('+') ? name.startsWith(on.slice(0, -1)) : name === on)) &&
    covers(rule.from.address, from) &&
    covers(rule.to.address, to)
  );
}

const covers = (network: string, address: string): boolean =>
  network === 'any' || network === address || (network.includes('/') && isInNetwork(address, network));

/** ufw's own defaults, or those of the file that the repository brings: in it drops, out it lets through. */
function isDropped({ direction }: Advert, { host }: Instance): boolean {
  if (!host.hasFirewall) return false;
  const key = direction === 'in' ? 'INPUT' : 'OUTPUT';
  const said = new RegExp(`^DEFAULT_${key}_POLICY="?(\\w+)`, 'm').exec(host.text('/etc/default/ufw') ?? '');
  return (said?.[1] ?? (direction === 'in' ? 'DROP' : 'ACCEPT')).toUpperCase() !== 'ACCEPT';
}
