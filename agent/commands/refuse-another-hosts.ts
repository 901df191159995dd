import type { Tools } from '../converge.ts';
import type { Generation } from '../transaction/generations.ts';
import { CommandRefused, type CommonOptions } from './environment.ts';

/**
 * A cloned card has its model's generations, and remembers its model's host as found: what keepalived would be told in
 * them is another host's. `wayOut`: a sentence.
 */
export function refuseAnotherHosts(
  { generation, candidate: { role } }: Generation,
  wayOut: string,
  tools: Tools,
  options: CommonOptions,
): void {
  const { hostname, addresses } = tools.identity();
  const here = [...addresses.values()].flat();
  const ours = role.hostname === hostname && (options.root !== undefined || here.includes(role.address));
  if (ours) return;
  throw new CommandRefused(
    `Generation ${generation} was made for ${role.hostname} with the address ${role.address}, and this host is ${hostname} with ${here.join(', ') || 'no address'}. ${wayOut}`,
  );
}
