import type { ClusterFile } from './cluster-schema.ts';
import type { Diagnostic } from './diagnostics.ts';
import { isInNetwork } from './network.ts';
import type { YamlSource } from './yaml-source.ts';

/** Every address is one host's, and none is the VIP: else two hosts answer for it. */
export function addresses(file: ClusterFile, source: YamlSource): readonly Diagnostic[] {
  return [...vipProblems(file, source), ...hostAddresses(file, source), ...hostsInBoth(file, source)];
}

function vipProblems({ vip: address, nodes }: ClusterFile, source: YamlSource): readonly Diagnostic[] {
  if (isNoHostAddress(address))
    return [
      source.diagnose(
        ['vip'],
        `${address} is not an address that a host can have. Choose a free one of the nodes' network.`,
      ),
    ];
  const all = Object.values(nodes);
  if (all.length === 0 || all.some((node) => isInNetwork(address, `${node.address}/${WIDEST_PREFIX}`)))
    return [];
  return [
    source.diagnose(
      ['vip'],
      `${address} is probably outside the nodes' network: it does not begin like any node's address (${all[0]?.address}), and then nobody can reach it. Choose a free one of the nodes' network.`,
      { severity: 'warning' },
    ),
  ];
}

/** cluster.yaml knows no prefix lengths; hosts themselves do (`role.ts`). Few networks of hosts are wider than this. */
const WIDEST_PREFIX = 16;

function hostAddresses(file: ClusterFile, source: YamlSource): readonly Diagnostic[] {
  const holders = new Map<string, string>();
  const all = (['nodes', 'workers'] as const).flatMap((section) =>
    Object.entries(file[section]).map(([name, { address }]) => ({ section, name, address })),
  );
  return all.flatMap(({ section, name, address }) => {
    const other = holders.get(address);
    holders.set(address, other ?? name);
    const problem = addressProblem(address, name, file.vip, other);
    return problem === null ? [] : [source.diagnose([section, name, 'address'], problem)];
  });
}

function addressProblem(
  address: string,
  name: string,
  vip: string,
  other: string | undefined,
): string | null {
  if (address === vip)
    return `${address} is the virtual IP, which moves between nodes. Give ${name} its own address.`;
  if (isNoHostAddress(address))
    return `${address} is not an address that a host can have. Give ${name} its own address.`;
  return other === undefined
    ? null
    : `${address} is already the address of ${other}. Give each node its own.`;
}

function hostsInBoth({ nodes, workers }: ClusterFile, source: YamlSource): readonly Diagnostic[] {
  return Object.keys(workers)
    .filter((name) => Object.hasOwn(nodes, name))
    .map((name) =>
      source.diagnose(['workers', name], `${name} is a control plane node too. Keep it in one of the two.`, {
        on: 'key',
      }),
    );
}

/** This network, loopback, and everything from multicast up (RFC 6890). */
function isNoHostAddress(address: string): boolean {
  const first = Number(address.split('.')[0]);
  return first === 0 || first === 127 || first >= 224;
}
