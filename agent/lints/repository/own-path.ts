import { bindsOf, haproxySections, servingAt } from './haproxy-sections.ts';
import { HAPROXY, type Lint } from './lint.ts';

/** Where Holdfast asks for this node's own path (health/local-path.ts). */
const LOOPBACK = { address: '127.0.0.1', port: 7443 };

/** A BACKUP that asks the virtual IP tests the MASTER, so a balancer that is broken here shows when it is needed. */
export const ownPath: Lint = ({ cluster, hosts }) =>
  hosts.flatMap(({ role, haproxy }) => {
    const sections = haproxySections(haproxy ?? '');
    const [frontend] = servingAt(sections, cluster.vip, cluster.apiPort);
    const binds = sections.flatMap(bindsOf);
    const isThere = binds.some(
      ({ address, port }) => port === LOOPBACK.port && (address === null || address === LOOPBACK.address),
    );
    if (frontend === undefined || isThere) return [];
    return [
      {
        severity: 'warning',
        hostname: role.hostname,
        file: HAPROXY,
        line: frontend.bind.line,
        sentence: `${frontend.kind} ${frontend.name} has no second way in, so this node's own balancer cannot be checked while another one holds ${cluster.vip}. Add "bind ${LOOPBACK.address}:${LOOPBACK.port}" beside this line.`,
      },
    ];
  });
