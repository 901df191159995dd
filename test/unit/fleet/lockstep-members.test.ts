import { expect, it } from 'vitest';
import { membersOf } from '../../../agent/fleet/lockstep-members.ts';
import { clusterOf } from '../../support/home-cluster.ts';

const of = (nodes: readonly string[], ...workers: string[]) => ({
  ...clusterOf(nodes),
  workers: workers.map((name) => ({ name, address: '10.1.2.1' })),
});
const before = of(['pi-1', 'pi-2', 'pi-3'], 'pi-4');

it.each([
  ['another virtual IP concerns all nodes, and no worker', before, ['pi-1', 'pi-2', 'pi-3'], []],
  [
    'a node that is added is not waited for: it has no part in VRRP yet, and comes afterwards',
    of(['pi-1', 'pi-2', 'pi-3', 'pi-5'], 'pi-4'),
    ['pi-1', 'pi-2', 'pi-3'],
    [],
  ],
  ['nor is a worker that becomes a node', of(['pi-4', 'pi-1', 'pi-2', 'pi-3']), ['pi-1', 'pi-2', 'pi-3'], []],
  ['a node that is taken out must be gone', of(['pi-1', 'pi-3'], 'pi-4'), ['pi-1', 'pi-3'], ['pi-2']],
  [
    'one that becomes a worker gives up its part with the others',
    of(['pi-1', 'pi-3'], 'pi-2', 'pi-4'),
    ['pi-1', 'pi-2', 'pi-3'],
    [],
  ],
])('%s', (_, after, nodes, leaving) => expect(membersOf(before, after)).toEqual({ nodes, leaving }));
