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
    const sentence = `nopreempt of ${instance.name} does not work beside weights, and ${weighted.map(({ said }) => said).join(' and ')} ${weighted.length === 1 ? 'has' : 'have'} one${weighted.some(({ isFile }) => isFile) ? ' (a track file has the weight 1 where none is written)' : ''}: the address would stay on a node whose check fails. Give the check the weight 0, or remove nopreempt.`;
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

/** `said`: how it is named, with the group that tracks it. */
type Weighted = { readonly name: string; readonly isFile: boolean; readonly said: string };

function weightedChecks({ host, name, block }: Instance): readonly Weighted[] {
  const all = keepalivedBlocks(host.keepalived ?? '').blocks;
  return [block, ...groupsOf(name, all)].flatMap((tracking) =>
    weightedIn(tracking, all).map((check) => ({
      ...check,
      said: tracking === block ? check.name : `${check.name} (of ${tracking.head.join(' ')})`,
    })),
  );
}

/** What a group tracks changes the priority of all its members (keepalived.conf(5), vrrp_sync_group). */
const groupsOf = (instance: string, all: readonly Block[]): readonly Block[] =>
  all.filter(
    (one) =>
      one.head[0] === 'vrrp_sync_group' &&
      statementsIn(one, 'group').some(({ words }) => words.includes(instance)),
  );

function weightedIn(tracking: Block, all: readonly Block[]): readonly Omit<Weighted, 'said'>[] {
  return CHECKS.flatMap(({ section, blocks, unsaid }) => {
    const own = (name: string | undefined): number => {
      const found: Block | undefined = all.find(
        ({ head }) => (blocks as readonly string[]).includes(head[0] ?? '') && head[1] === name,
      );
      return (found === undefined ? null : numberOf(found, 'weight')) ?? unsaid;
    };
    return statementsIn(tracking, section)
      .filter(({ words }) => (words[1] === 'weight' ? Number(words[2]) : own(words[0])) !== 0)
      .map(({ words }) => ({ name: words[0]!, isFile: section === 'track_file' }));
  });
}
