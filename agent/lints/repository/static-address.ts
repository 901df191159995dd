import { keepalivedBlocks, statementsIn } from '../../desired/keepalived-blocks.ts';
import { KEEPALIVED, type Lint } from './lint.ts';

/**
 * The lesson lists the virtual IP under `static_ipaddress` on every node: keepalived 2.2.7 then keeps it on a node
 * that starts while a MASTER lives, and all of them answer for it (measured).
 */
export const staticAddress: Lint = ({ cluster, hosts }) =>
  hosts.flatMap(({ role, keepalived }) =>
    statementsIn(keepalivedBlocks(keepalived ?? ''), 'static_ipaddress')
      .filter(({ words }) => words[0]?.split('/')[0] === cluster.vip)
      .map(({ line }) => ({
        severity: 'error',
        hostname: role.hostname,
        file: KEEPALIVED,
        line,
        sentence: `static_ipaddress gives ${cluster.vip} to this node at every start, whoever is MASTER: several nodes would answer for it. Remove it here; virtual_ipaddress is enough.`,
      })),
  );
