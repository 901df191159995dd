import type { ClusterFile } from './cluster-schema.ts';
import type { Diagnostic } from './diagnostics.ts';
import type { KeyPath } from './key-path.ts';
import type { YamlSource } from './yaml-source.ts';

/** Every address is one host's, and none is the VIP: else two hosts answer for it. */
export function addresses(file: ClusterFile, source: YamlSource): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const holders = new Map<string, string>();
  if (isNoHostAddress(file.vip))
    found.push(
      source.diagnose(
        ['vip'],
        `${file.vip} is not an address that a host can have. Choose a free one of the nodes' network.`,
      ),
    );
  const all = [
    ...Object.entries(file.nodes).map(([name, { address }]) => ({ section: 'nodes', name, address })),
    ...Object.entries(file.workers).map(([name, { address }]) => ({ section: 'workers', name, address })),
  ];
  for (const { section, name, address } of all) {
    const at: KeyPath = [section, name, 'address'];
    const other = holders.get(address);
    if (address === file.vip)
      found.push(
        source.diagnose(
          at,
          `${address} is the virtual IP, which moves between nodes. Give ${name} its own address.`,
        ),
      );
    else if (isNoHostAddress(address))
      found.push(
        source.diagnose(
          at,
          `${address} is not an address that a host can have. Give ${name} its own address.`,
        ),
      );
    else if (other !== undefined)
      found.push(
        source.diagnose(at, `${address} is already the address of ${other}. Give each node its own.`),
      );
    holders.set(address, other ?? name);
  }
  for (const name of Object.keys(file.workers).filter((worker) => Object.hasOwn(file.nodes, worker)))
    found.push(
      source.diagnose(['workers', name], `${name} is a control plane node too. Keep it in one of the two.`, {
        on: 'key',
      }),
    );
  return found;
}

/** This network, loopback, and everything from multicast up (RFC 6890). */
function isNoHostAddress(address: string): boolean {
  const first = Number(address.split('.')[0]);
  return first === 0 || first === 127 || first >= 224;
}
