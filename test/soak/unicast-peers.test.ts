import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allAt, untilReported } from '../support/cluster.ts';
import { lab, VIP } from '../support/lab.ts';
import {
  backTogether,
  clusterWith,
  HARDENED,
  inSeconds,
  movedTogether,
  SOON_S,
} from '../support/lockstep.ts';
import { watchOwners } from '../support/vip-owners.ts';

/** A node leaves unicast peers and comes back as a new host, and there is one holder of the virtual IP all along. */

const LEAVER = lab.host(3);
const THIRD = /^ {2}kubernetes-node-3: .*\n/m;

beforeAll(async () => {
  await allAt(lab.head());
  await movedTogether('unicast', { 'cluster.yaml': clusterWith(HARDENED, inSeconds(SOON_S)) });
});
afterAll(backTogether);

describe('a node that is taken out of unicast peers', () => {
  it('keeps all others from moving as long as it has its part, and not once it was released', async () => {
    const watch = watchOwners([VIP]);
    const without = { 'cluster.yaml': clusterWith([[THIRD, '']], inSeconds(SOON_S), ['unreachable: 20s']) };
    const tooEarly = lab.commit(without, 'Without kubernetes-node-3, which still takes part');
    for (const n of [1, 2]) {
      const host = lab.host(n);
      const { held } = await untilReported(host, 'to wait for it', (s) => s.held?.by === 'lockstep');
      expect(held?.commit?.sha).toBe(tooEarly);
    }
    for (const n of [1, 2])
      await untilReported(
        lab.host(n),
        'to refuse what nobody could do at its moment',
        ({ refused }) => refused?.commit?.sha === tooEarly,
      );
    expect(
      lab
        .host(1)
        .journal()
        .map(({ MESSAGE }) => MESSAGE)
        .join('\n'),
    ).toContain(
      'kubernetes-node-3 is taken out and still has its part in the virtual IP ("sudo holdfast release" there, or switch it off)',
    );
    LEAVER.run(['holdfast', 'release']);
    const later = { 'cluster.yaml': clusterWith([], inSeconds(SOON_S), ['unreachable: 20s']) };
    await allAt(lab.commit(later, 'Without kubernetes-node-3'), [1, 2]);
    const { twoForMs, story } = await watch.stop();
    expect(twoForMs, story.join('; ')).toBe(0);
    expect(lab.host(1).read('/etc/keepalived/keepalived.conf')).not.toContain('10.1.1.3\n');
  });

  it('comes back as a new host: it takes no part before the others know it, and follows by itself', async () => {
    LEAVER.fresh();
    const watch = watchOwners([VIP]);
    const sha = lab.commit(
      {
        'cluster.yaml': (old) =>
          clusterWith(
            [],
            inSeconds(2 * SOON_S),
          )(
            old.replace(
              /^( {2}kubernetes-node-2: .*\n)/m,
              '$1  kubernetes-node-3: { address: 10.1.1.3, priority: 252 }\n',
            ),
          ),
      },
      'kubernetes-node-3 again',
    );
    const { refused } = await untilReported(
      LEAVER,
      'to hear nobody yet',
      ({ refused: now }) => now?.commit?.sha === sha,
    );
    expect(refused?.reasons.join('\n')).toContain(
      'kubernetes-node-1 holds 10.1.233.1 and sends this host no adverts: it does not know it as a unicast peer yet',
    );
    await allAt(sha);
    const { twoForMs, story } = await watch.stop();
    expect(twoForMs, story.join('; ')).toBe(0);
    expect(lab.owners()).toEqual([1]);
  });
});
