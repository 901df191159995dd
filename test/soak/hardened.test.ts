import { afterAll, describe, expect, it } from 'vitest';
import { balancer, takenPort, untilHeldBy } from '../support/balancer.ts';
import { allAt, differences, picture, probed, untilReported } from '../support/cluster.ts';
import { HOSTS, lab } from '../support/lab.ts';
import { pushed } from '../support/try-out.ts';
import { inTurns, TURNS_MS } from '../support/turns.ts';

inTurns();
afterAll(() => allAt(pushed(balancer('haproxy'), 'HAProxy again'), HOSTS, TURNS_MS));

describe('nginx in place of HAProxy, one host after the other', () => {
  it.each(['nginx', 'haproxy', 'nginx'] as const)('to %s: no request fails', async (name) => {
    const { failures, reasons } = await probed(() =>
      allAt(pushed(balancer(name), `${name} in front of the API servers`), HOSTS, TURNS_MS),
    );
    expect({ failures, reasons }).toEqual({ failures: 0, reasons: {} });
    await untilHeldBy([1]);
  });

  it('a reload that nginx did not carry out is found out although systemd calls it a success', async () => {
    const host = lab.host(3);
    await allAt(pushed(balancer('nginx'), 'nginx in front of the API servers'), HOSTS, TURNS_MS);
    const before = picture(host);
    const sha = pushed(takenPort(host), 'A port that the API server has', [3]);
    const { lastChange } = await untilReported(
      host,
      'to take it back',
      (status) => status.lastChange?.commit?.sha === sha,
      TURNS_MS,
    );
    expect(lastChange).toMatchObject({ end: 'rolled back' });
    expect(JSON.stringify(lastChange)).toContain('no new worker runs');
    expect(differences(before, picture(host))).toEqual([]);
    lab.git('revert', '--no-edit', 'HEAD');
    await allAt(pushed({}, ''), HOSTS, TURNS_MS);
  });
});
