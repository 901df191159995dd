import type { Live } from '../host/host.ts';
import type { UfwSettings } from './ufw-files.ts';
import { iptables, kernelFamiliesOf } from './ufw-family.ts';
import { BUILT_IN } from './ufw-hooks.ts';

/**
 * To be called before ufw takes itself down. It flushes its chains one by one, and lets everything through only when it
 * is done (ufw-init-functions, ufw_stop): in between the built-in policies, which are DROP, would let nobody in, for a
 * second on a Pi. That it lets everything through some moments earlier is nothing new.
 */
export async function openPolicies(settings: UfwSettings, live: Live): Promise<void> {
  for (const family of kernelFamiliesOf(settings))
    for (const chain of BUILT_IN) await iptables(family, live, '-P', chain, 'ACCEPT');
}
