import fc from 'fast-check';
import { ANYWHERE, type UfwEnd, type UfwRule } from '../../agent/resources/ufw-tuple.ts';

const V4 = ['10.1.1.2', '10.1.0.0/16', '224.0.0.18', '192.168.7.0/24'];
const V6 = ['fd00::2', 'fd00:1::/64', '2001:db8::1:0:0:7'];
const PORTS = ['22', '53', '6443', '2379:2380', '80,443', '100,200:300'];
const words = fc
  .stringMatching(/^[a-zA-Zäß0-9"#%=_.][a-zA-Zäß0-9"#%=_. ]{0,11}[a-z]$/)
  .filter((text) => !text.includes('"'));

/** Every rule that `parseRule` can give: what ufw takes, in every family, direction and form. */
export const anyRule: fc.Arbitrary<UfwRule> = fc
  .record({
    family: fc.constantFrom('v4', 'v6', 'both'),
    route: fc.boolean(),
    action: fc.constantFrom('allow', 'deny', 'reject', 'limit'),
    log: fc.constantFrom('', '', 'log', 'log-all'),
    direction: fc.constantFrom('in', 'out'),
    interfaces: fc.tuple(fc.constantFrom('', 'eth0', 'wlan0'), fc.constantFrom('', 'eth1', 'cni0')),
    protocol: fc.constantFrom('any', 'tcp', 'udp', 'vrrp', 'igmp', 'esp'),
    addresses: fc.tuple(fc.nat(4), fc.nat(4)),
    ports: fc.tuple(fc.constantFrom('any', ...PORTS), fc.constantFrom('any', 'any', ...PORTS)),
    comment: fc.oneof(fc.constant(''), words),
  } as const)
  .map(({ interfaces, addresses, ports, family, protocol, ...rest }) => {
    const pool = { v4: V4, v6: V6, both: [] }[family];
    const end = (address: number, port: string): UfwEnd => ({
      ...ANYWHERE,
      address: pool[address] ?? 'any',
      port,
    });
    const rule = { ...rest, protocol, to: end(addresses[0], ports[0]), from: end(addresses[1], ports[1]) };
    return coherent({ ...rule, family, interfaceIn: interfaces[0], interfaceOut: interfaces[1] });
  });

/** Leaves out what cannot stand together in one rule. */
function coherent(rule: UfwRule): UfwRule {
  const { to, from } = rule;
  const hasPorts = to.port !== 'any' || from.port !== 'any';
  const several = /[,:]/.test(to.port + from.port);
  const portless = !['any', 'tcp', 'udp'].includes(rule.protocol);
  const protocol = hasPorts && (portless || (several && rule.protocol === 'any')) ? 'tcp' : rule.protocol;
  const family = protocol === 'igmp' ? 'v4' : rule.family;
  const noV6 = (end: UfwEnd): UfwEnd => (family !== rule.family ? { ...end, address: 'any' } : end);
  return { ...rule, protocol, family, to: noV6(to), from: noV6(from), ...where(rule) };
}

function where({ route, direction, interfaceIn, interfaceOut }: UfwRule) {
  if (!route)
    return direction === 'in'
      ? { direction, interfaceIn, interfaceOut: '' }
      : { direction, interfaceIn: '', interfaceOut };
  const way = interfaceIn === '' && interfaceOut !== '' ? ('out' as const) : ('in' as const);
  return { direction: way, interfaceIn, interfaceOut };
}
