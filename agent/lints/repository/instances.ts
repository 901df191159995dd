import { holdsAddress, keepalivedBlocks, statement } from '../../desired/keepalived-blocks.ts';
import { KEEPALIVED, type FileFinding, type Instance, type Linted, type LintedHost } from './lint.ts';

/** Every VRRP instance that the repository writes for a host. */
export const instancesOf = (host: LintedHost): readonly Instance[] =>
  keepalivedBlocks(host.keepalived ?? '')
    .blocks.filter(({ head }) => head[0] === 'vrrp_instance')
    .map((block) => ({ host, name: block.head[1] ?? '', block }));

/** Those that carry the virtual IP: at most one a host counts. */
export const vipInstances = ({ cluster, hosts }: Linted): readonly Instance[] =>
  hosts.flatMap((host) =>
    instancesOf(host)
      .filter(({ block }) => holdsAddress(block, cluster.vip))
      .slice(0, 1),
  );

/** A finding at a statement of an instance, or where the instance begins. */
export const atStatement = (
  { host, block }: Instance,
  name: string,
  severity: FileFinding['severity'],
  sentence: string,
): FileFinding => ({
  severity,
  hostname: host.role.hostname,
  file: KEEPALIVED,
  line: statement(block, name)?.line ?? block.line,
  sentence,
});
