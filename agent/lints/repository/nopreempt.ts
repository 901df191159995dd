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
 * address stays on the node whose check fails. A weight of 0 makes a failed check FAULT, which gives the address away.
 */
export const nopreempt: Lint = ({ hosts }) =>
  hosts.flatMap(instancesOf).flatMap((instance) => {
    if (statement(instance.block, 'nopreempt') === null) return [];
    const weighted = weightedChecks(instance);
    if (weighted.length === 0) return [];
    const sentence = `nopreempt of ${instance.name} does not work beside weights, and ${weighted.join(' and ')} ${weighted.length === 1 ? 'has' : 'have'} one${weighted.some((name) => isFile(name, instance)) ? ' (a track file has the weight 1 where none is written)' : ''}: the address would stay on a node whose check fails. Give the check the weight 0, or remove nopreempt.`;
    return [atStatement(instance, 'nopreempt', 'error', sentence)];
  });

/** keepalived.conf(5): a check's weight is its block's, unless the instance says another; and what it is by default. */
const CHECKS = [
  { section: 'track_script', blocks: ['vrrp_script'], unsaid: 0 },
  { section: 'track_process', blocks: ['vrrp_track_process'], unsaid: 0 },
  { section: 'track_file', blocks: ['track_file', 'vrrp_track_file'], unsaid: 1 },
  { section: 'track_bfd', blocks: ['bfd_instance'], unsaid: 0 },
  { section: 'track_interface', blocks: [], unsaid: 0 },
] as const;

function weightedChecks({ host, block }: Instance): readonly string[] {
  const all = keepalivedBlocks(host.keepalived ?? '').blocks;
  return CHECKS.flatMap(({ section, blocks, unsaid }) => {
    const own = (name: string | undefined): number => {
      const found: Block | undefined = all.find(
        ({ head }) => (blocks as readonly string[]).includes(head[0] ?? '') && head[1] === name,
      );
      return (found === undefined ? null : numberOf(found, 'weight')) ?? unsaid;
    };
    return statementsIn(block, section)
      .filter(({ words }) => (words[1] === 'weight' ? Number(words[2]) : own(words[0])) !== 0)
      .map(({ words }) => words[0]!);
  });
}

const isFile = (name: string, { block }: Instance): boolean =>
  statementsIn(block, 'track_file').some(({ words }) => words[0] === name);
