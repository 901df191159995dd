import ipaddr from 'ipaddr.js';
import {
  holdsAddress,
  keepalivedBlocks,
  refersElsewhere,
  statementsIn,
  type Block,
} from '../../desired/keepalived-blocks.ts';
import { instancesOf } from './instances.ts';
import { KEEPALIVED, type Lint } from './lint.ts';

/**
 * A node whose VRRP speaks for another address than cluster.yaml's would never answer for the virtual IP; and where
 * every node's does (a template with an old address in it), nobody would.
 */
export const holdsVip: Lint = ({ cluster, hosts }) =>
  hosts.flatMap((host) => {
    const instances = instancesOf(host);
    const [first] = instances;
    if (first === undefined || instances.some(({ block }) => holdsAddress(block, cluster.vip))) return [];
    // What is included, or behind a variable, may say it; what is no address is for "keepalived -t" to say.
    const isKnown = !refersElsewhere(keepalivedBlocks(host.keepalived ?? ''));
    if (!isKnown || !instances.every(({ block }) => hasAddressesAlone(block))) return [];
    const addresses = first.block.blocks.find(({ head }) => head[0] === 'virtual_ipaddress');
    const who =
      instances.length === 1 ? `vrrp_instance ${first.name} does not hold` : 'No vrrp_instance holds';
    return [
      {
        severity: 'error',
        hostname: host.role.hostname,
        file: KEEPALIVED,
        line: (addresses ?? first.block).line,
        sentence: `${who} ${cluster.vip}, the virtual IP of cluster.yaml: this node would never answer for it. Write it into virtual_ipaddress, as in <%= it.cluster.vip %>.`,
      },
    ];
  });

const hasAddressesAlone = (instance: Block): boolean =>
  statementsIn(instance, 'virtual_ipaddress').every(({ words }) =>
    ipaddr.isValid(words[0]?.split('/')[0] ?? ''),
  );
