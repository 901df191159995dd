import { numberOf } from '../../desired/keepalived-blocks.ts';
import { atStatement, instancesOf } from './instances.ts';
import type { Lint } from './lint.ts';

/** RFC 3768, 5.3.3: one byte, and not 0. keepalived would go on without it, or end. */
export const routerId: Lint = ({ hosts }) =>
  hosts.flatMap(instancesOf).flatMap((instance) => {
    const id = numberOf(instance.block, 'virtual_router_id');
    if (id === null || (Number.isInteger(id) && id >= 1 && id <= 255)) return [];
    const sentence = `virtual_router_id of ${instance.name} is ${id}, and VRRP takes 1 to 255. Choose one that no other VRRP group in this network has.`;
    return [atStatement(instance, 'virtual_router_id', 'error', sentence)];
  });
