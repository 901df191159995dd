import { expect, it } from 'vitest';
import { allAt } from '../support/cluster.ts';
import { HOSTS, lab } from '../support/lab.ts';
import { DRAINING, mostDownDuring, pidOf, WITH_LABEL } from '../support/slow.ts';
import { pushed } from '../support/try-out.ts';
import { apiServersInTurns, orderOf, TURNS_MS } from '../support/turns.ts';

/** kubelet, a stand-in, ends the old API server and starts a new one, which takes so long; a real one takes 45 s. */
const SOAK = process.env['HOLDFAST_SOAK'] === '1';
const STARTS_IN_S = SOAK ? 45 : 5;
/** In the suite two of them are enough to see that one waits for the other. */
const CHANGED = SOAK ? HOSTS : [2, 3];
const layerOf = (n: number): string => `hosts/kubernetes-node-${n}.yaml`;

apiServersInTurns();

it('a commit that restarts every API server takes one down at a time, and waits until it is ready again', async () => {
  const before = HOSTS.map((n) => pidOf(lab.host(n)));
  for (const n of HOSTS) lab.host(n).apiServer({ startSeconds: STARTS_IN_S, ...DRAINING });
  let sha = '';
  const most = await mostDownDuring(async () => {
    const layers = CHANGED.map((n) => [layerOf(n), WITH_LABEL] as const);
    sha = pushed(Object.fromEntries(layers), 'A label for every API server');
    await allAt(sha, HOSTS, TURNS_MS);
  });
  expect(most).toBe(1);
  expect(orderOf(sha)).toEqual(CHANGED.toReversed());
  for (const n of CHANGED) expect(pidOf(lab.host(n))).not.toBe(before[n - 1]);
});
