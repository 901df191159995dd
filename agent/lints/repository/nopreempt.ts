import {
  keepalivedBlocks,
  numberOf,
  statement,
  statementsIn,
  type Block,
} from '../../desired/keepalived-blocks.ts';
import { atStatement, instancesOf } from './instances.ts';
import type { Instance, Lint } from './lint.ts';

/**
 * A weight lowers the priority so that another node takes over, and with `nopreempt` none does (keepalived#2599): the
 * address stays on the node whose check fails. A track file may say 254, which is FAULT and not a priority, so a file
 * alone proves nothing.
 */
export const nopreempt: Lint = ({ hosts }) =>
  hosts.flatMap(instancesOf).flatMap((instance) => {
    if (statement(instance.block, 'nopreempt') === null) return [];
    const weighted = weightedChecks(instance);
    if (weighted.length === 0) return [];
    const sentence = `nopreempt of ${instance.name} does not work beside weights, and ${weighted.join(' and ')} ${weighted.length === 1 ? 'has' : 'have'} one: the address would stay on a node whose check fails. Give the check the weight 0, or remove nopreempt.`;
    return [atStatement(instance, 'nopreempt', 'error', sentence)];
  });

/** keepalived.conf(5): a script's weight is its block's, unless `track_script` says another. The default is 0. */
function weightedChecks({ host, block }: Instance): readonly string[] {
  const scripts = keepalivedBlocks(host.keepalived ?? '').blocks.filter(
    ({ head }) => head[0] === 'vrrp_script',
  );
  const own = (name: string | undefined): number | null => {
    const found: Block | undefined = scripts.find(({ head }) => head[1] === name);
    return found === undefined ? null : numberOf(found, 'weight');
  };
  return ['track_script', 'track_interface', 'track_process'].flatMap((section) =>
    statementsIn(block, section)
      .filter(({ words }) => (words[1] === 'weight' ? Number(words[2]) : (own(words[0]) ?? 0)) !== 0)
      .map(({ words }) => words[0]!),
  );
}
