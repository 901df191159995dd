import type { Live } from '../host/host.ts';
import type { UfwSettings } from './ufw-files.ts';
import { BUILT_IN } from './ufw-hooks.ts';

/**
 * To be called before ufw takes itself down. It flushes its chains one by one, and lets everything through only when it
 * is done (ufw-init-functions, ufw_stop): in between the built-in policies, which are DROP, would let nobody in, for a
 * second on a Pi. That it lets everything through some moments earlier is nothing new.
 */
export async function openPolicies({ kernelIpv6 }: UfwSettings, live: Live): Promise<void> {
  for (const program of kernelIpv6 ? ['iptables', 'ip6tables'] : ['iptables'])
    for (const chain of BUILT_IN) await live.run([program, '--wait', '10', '-P', chain, 'ACCEPT']);
}
