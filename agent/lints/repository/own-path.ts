import { BALANCERS, entrancesAt, type Balancer } from './balancers.ts';
import type { Finding, Lint, Linted, LintedHost } from './lint.ts';

/** Where Holdfast asks for this node's own path (health/local-path.ts). */
const LOOPBACK = { address: '127.0.0.1', port: 7443 };

/** A BACKUP that asks the virtual IP tests the MASTER, so a balancer that is broken here shows when it is needed. */
export const ownPath: Lint = ({ cluster, hosts }) =>
  hosts.flatMap((host) => BALANCERS.flatMap((balancer) => missing(balancer, host, cluster)));

function missing(
  { file, text, entrances, listen }: Balancer,
  host: LintedHost,
  { vip, apiPort }: Linted['cluster'],
): readonly Finding[] {
  const all = entrances(text(host) ?? '');
  const [serving] = entrancesAt(all, vip, apiPort);
  const isThere = entrancesAt(all, LOOPBACK.address, LOOPBACK.port).length > 0;
  if (serving === undefined || isThere) return [];
  return [
    {
      severity: 'warning',
      hostname: host.role.hostname,
      file,
      line: serving.bind.line,
      sentence: `${serving.of} has no second way in, so this node's own balancer cannot be checked while another one holds ${vip}. Add "${listen(`${LOOPBACK.address}:${LOOPBACK.port}`)}" beside this line.`,
    },
  ];
}
