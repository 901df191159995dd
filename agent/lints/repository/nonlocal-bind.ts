import { haproxySections, servingAt } from './haproxy-sections.ts';
import { HAPROXY, type Lint } from './lint.ts';

const KEY = 'net.ipv4.ip_nonlocal_bind';

/** HAProxy then does not start where the address is not, although `haproxy -c` says that all is well (measured). */
export const nonlocalBind: Lint = ({ cluster, hosts }) =>
  hosts.flatMap(({ role, haproxy, sysctls }) => {
    if (sysctls[KEY]?.trim() === '1') return [];
    return servingAt(haproxySections(haproxy ?? ''), cluster.vip, cluster.apiPort)
      .filter(({ bind, directives }) => {
        const words = directives.find(({ line }) => line === bind.line)?.words ?? [];
        return bind.address !== null && !words.includes('transparent');
      })
      .map(({ bind }) => ({
        severity: 'warning',
        hostname: role.hostname,
        file: HAPROXY,
        line: bind.line,
        sentence: `HAProxy binds ${cluster.vip}, which most nodes do not have, and does not start there. Write "sysctls: { ${KEY}: 1 }" in roles/control-plane.yaml.`,
      }));
  });
