import { numberOf, refersElsewhere, statement } from '../../desired/keepalived-blocks.ts';
import { atStatement, instancesOf, vipInstances } from './instances.ts';
import type { Finding, Instance, Lint } from './lint.ts';

/**
 * 0 says "I am leaving", 255 "the address is mine" and goes straight to MASTER (RFC 3768, 5.3.4). Equal ones are
 * decided by the higher address, which is not what the repository says who is MASTER.
 */
export const priorities: Lint = (linted) => [
  ...linted.hosts.flatMap(instancesOf).flatMap((instance): readonly Finding[] => {
    const priority = priorityOf(instance);
    if (priority === null || (Number.isInteger(priority) && priority >= 1 && priority <= 254)) return [];
    const sentence = `priority of ${instance.name} is ${priority}${unwritten(instance)}, and a node that shares its address with others takes 1 to 254. Write such a number, as in <%= it.node.priority %>.`;
    return [atStatement(instance, 'priority', 'error', sentence)];
  }),
  ...equal(linted),
];

/**
 * keepalived's own where none is written: 255 of a MASTER, else 100 (vrrp_complete_instance in vrrp.c). `null`: a
 * variable, or maybe elsewhere (`include`, `@host`), which says nothing by itself.
 */
function priorityOf({ block }: Instance): number | null {
  if (statement(block, 'priority') !== null) return numberOf(block, 'priority');
  if (refersElsewhere(block)) return null;
  return statement(block, 'state')?.words[1] === 'MASTER' ? 255 : 100;
}

const unwritten = ({ block }: Instance): string =>
  statement(block, 'priority') === null ? ' (none is written)' : '';

const equal: Lint = (linted) => {
  const holders = new Map<number, string>();
  return vipInstances(linted).flatMap((instance) => {
    const priority = priorityOf(instance);
    if (priority === null) return [];
    const other = holders.get(priority);
    holders.set(priority, other ?? instance.host.role.hostname);
    if (other === undefined) return [];
    const sentence = `priority ${priority} of ${instance.name}${unwritten(instance)} is already that of ${other}. Give each node its own, as in <%= it.node.priority %>.`;
    return [atStatement(instance, 'priority', 'error', sentence)];
  });
};
