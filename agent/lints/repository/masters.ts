import { statement } from '../../desired/keepalived-blocks.ts';
import { atStatement, vipInstances } from './instances.ts';
import type { Lint } from './lint.ts';

/**
 * `state MASTER` is only where an instance starts: the priority decides within an advert or two. A second one takes
 * `nopreempt` away from its host without a word, and mostly somebody has copied a file: suspicious, and no more.
 */
export const masters: Lint = (linted) => {
  const found = vipInstances(linted).filter(({ block }) => statement(block, 'state')?.words[1] === 'MASTER');
  const [first, ...more] = found;
  return more.map((instance) =>
    atStatement(
      instance,
      'state',
      'warning',
      `${instance.host.role.hostname} is "state MASTER", and ${first!.host.role.hostname} is already. The priority decides, but "nopreempt" does not work beside it. Write BACKUP on all but one, as in <%= it.node.state %>.`,
    ),
  );
};
