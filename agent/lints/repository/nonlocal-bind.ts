import { BALANCERS, entrancesAt } from './balancers.ts';
import type { Lint } from './lint.ts';

const KEY = 'net.ipv4.ip_nonlocal_bind';

/** The load balancer then does not start where the address is not, although `haproxy -c` says that all is well (measured). */
export const nonlocalBind: Lint = ({ cluster, hosts }) =>
  hosts.flatMap((host) => {
    if (host.sysctls[KEY]?.trim() === '1') return [];
    return BALANCERS.flatMap(({ name, file, text, entrances }) =>
      entrancesAt(entrances(text(host) ?? ''), cluster.vip, cluster.apiPort)
        .filter(({ bind, isTransparent }) => bind.address !== null && !isTransparent)
        .map(({ bind }) => ({
          severity: 'warning' as const,
          hostname: host.role.hostname,
          file,
          line: bind.line,
          sentence: `${name} binds ${cluster.vip}, which most nodes do not have, and does not start there. Write "sysctls: { ${KEY}: 1 }" in roles/control-plane.yaml.`,
        })),
    );
  });
