import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allAt } from '../support/cluster.ts';
import { HOSTS, lab } from '../support/lab.ts';
import { cutAt } from '../support/power-points.ts';
import { vipIsBack } from '../support/try-out.ts';

/** What had not been synced is lost. All points are in `npm run soak`. */
describe('a power cut on a BACKUP, and the host is exactly as before the change or exactly as after it', () => {
  const host = lab.host(3);
  let head = '';
  beforeAll(async () => {
    head = lab.head();
    await allAt(head);
    await vipIsBack();
  });
  afterAll(() => allAt(lab.head(), HOSTS, 180_000));

  it('while its steps are made', async () => {
    expect(['before', 'after']).toContain(await cutAt({ afterMs: 150 }, host, head));
  });
  it('while it is judged, and then it is kept', async () => {
    expect(await cutAt({ afterMs: 6_000 }, host, head)).toBe('after');
  });
});
