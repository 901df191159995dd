import type { Live } from '../host/host.ts';
import type { UfwSettings } from './ufw-files.ts';
import type { Family } from './ufw-tuple.ts';

const BOTH = ['v4', 'v6'] as const;
const FIRST = ['v4'] as const;

/** For which ufw keeps rules and chains. */
export const familiesOf = ({ ipv6 }: Pick<UfwSettings, 'ipv6'>): readonly Family[] => (ipv6 ? BOTH : FIRST);

/** Which the kernel knows: with IPV6=no ufw shuts IPv6 there all the same. */
export const kernelFamiliesOf = ({ kernelIpv6 }: Pick<UfwSettings, 'kernelIpv6'>): readonly Family[] =>
  kernelIpv6 ? BOTH : FIRST;

/** What the names of ufw's chains begin with. */
export const prefixOf = (family: Family): string => (family === 'v4' ? 'ufw' : 'ufw6');

export const iptables = (family: Family, live: Live, ...words: readonly string[]): Promise<string> =>
  live.run([family === 'v4' ? 'iptables' : 'ip6tables', '--wait', '10', ...words]);
