import { afterAll, beforeAll, expect, it } from 'vitest';
import { allAt } from '../support/cluster.ts';
import { HOSTS, lab } from '../support/lab.ts';
import { ALL_POINTS, cutAt } from '../support/power-points.ts';
import { vipIsBack } from '../support/try-out.ts';

const host = lab.host(3);
let head = '';
beforeAll(async () => {
  head = lab.head();
  await allAt(head, HOSTS, 180_000);
  await vipIsBack();
});
afterAll(() => allAt(lab.head(), HOSTS, 180_000));

it.each(ALL_POINTS)(
  'the power goes $afterMs ms after a change began: as before, or as after',
  async (point) => {
    expect(['before', 'after']).toContain(await cutAt(point, host, head));
  },
);
