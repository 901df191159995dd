import { beforeAll, describe, expect, it } from 'vitest';
import {
  allAt,
  masterAloneHoldsVip,
  messages,
  nextCycle,
  picture,
  probed,
  statusOf,
} from '../support/cluster.ts';
import { HOSTS, lab, VIP, waitFor } from '../support/lab.ts';

describe('three bare hosts that follow the state repository', () => {
  beforeAll(async () => {
    for (const n of HOSTS) lab.host(n).start();
    await allAt(lab.head());
  });

  it.each([
    [1, 'MASTER', 100],
    [2, 'BACKUP', 99],
    [3, 'BACKUP', 98],
  ])('host %i is %s with VRRP priority %i', (n, role, priority) => {
    expect(statusOf(lab.host(n))).toMatchObject({ role, priority });
    expect(lab.host(n).read('/etc/keepalived/keepalived.conf')).toMatch(
      new RegExp(`priority ${priority}\\b`),
    );
  });

  it('exactly one of them, the MASTER, holds the virtual IP', async () => {
    await masterAloneHoldsVip();
  });

  it("answers a client on the virtual IP with the cluster's own certificate authority", async () => {
    const { failures, requests, reasons } = await probed(() => undefined);
    expect(requests).toBeGreaterThan(50);
    expect({ failures, reasons }).toEqual({ failures: 0, reasons: {} });
  });

  it('changes nothing in the second cycle', async () => {
    for (const n of HOSTS) {
      const host = lab.host(n);
      const before = picture(host);
      const cursor = host.cursor();
      const status = await nextCycle(host);
      expect(status.outcome).toBe('in desired state');
      expect(picture(host)).toBe(before);
      // Only that it was asked.
      const said = host.journal(cursor).filter((entry) => entry['HOLDFAST_EVENT'] !== 'asked');
      expect(messages(said).filter((line) => !/Reload(ed|ing) holdfast/.test(line))).toEqual([]);
      expect(host.run(['holdfast', 'plan'], { allowFail: true })).toMatchObject({ exitCode: 0 });
    }
  });

  it('keeps the VRRP password from other users', () => {
    for (const n of HOSTS) {
      const found = lab.host(n).run(['stat', '-c', '%a %U', '/etc/keepalived/keepalived.conf']).stdout.trim();
      expect(found).toBe('600 root');
      const said = lab
        .host(n)
        .shell(
          'journalctl -b --no-pager; cat /var/lib/holdfast/status.json; holdfast why; holdfast status',
        ).stdout;
      expect(said).not.toContain('vrrp-lab');
    }
  });

  it(`takes the virtual IP ${VIP} along when the MASTER loses its power, and gives it back`, async () => {
    lab.host(1).cut();
    await waitFor(
      'host 2 to take the VIP',
      () => lab.owners(),
      30_000,
      (owners) => owners.join() === '2',
    );
    lab.host(1).boot();
    await waitFor(
      'host 1 to have the VIP again',
      () => lab.owners(),
      90_000,
      (owners) => owners.join() === '1',
    );
    await allAt(lab.head());
  });
});
