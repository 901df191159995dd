import { beforeAll, describe, expect, it } from 'vitest';
import { allAt, messages, probed } from '../support/cluster.ts';
import { HOSTS, lab, waitFor } from '../support/lab.ts';

/** Who had the virtual IP, sampled while something went on. */
async function ownersDuring(act: () => Promise<unknown>): Promise<readonly string[]> {
  const seen = new Set<string>();
  let going = true;
  const watching = waitFor('it to end', () => (seen.add(lab.owners().join()), !going), 300_000);
  await act();
  going = false;
  await watching;
  return [...seen];
}

describe('a cluster that somebody set up by hand, exactly as the lesson says', () => {
  beforeAll(async () => {
    for (const n of HOSTS) lab.host(n).fresh({ bare: true });
    for (const n of HOSTS) lab.host(n).lesson();
    await waitFor(
      'host 1 to hold the VIP',
      () => lab.owners().join(),
      30_000,
      (owners) => owners === '1',
    );
    // What is to be adopted works: the API servers have only just started.
    await waitFor(
      'the hand-made cluster to answer without a failure for two seconds',
      () => probed(() => undefined),
      60_000,
      ({ failures }) => failures === 0,
    );
    // keepalived reads 8 characters of the lesson's password123; those 8 are what the cluster really uses.
    lab.secret('vrrp', 'password\n');
    lab.commit({}, "The hand-made cluster's password");
  });

  it.each([3, 2, 1])(
    'is taken over host by host: host %i, with one owner of the virtual IP and no failed request',
    async (n) => {
      const host = lab.host(n);
      const {
        result: owners,
        failures,
        reasons,
        requests,
      } = await probed(() =>
        ownersDuring(async () => {
          host.start();
          await allAt(lab.head(), [n]);
        }),
      );
      expect(owners).toEqual(['1']);
      expect({ failures, reasons }).toEqual({ failures: 0, reasons: {} });
      expect(requests).toBeGreaterThan(100);
      expect(host.read('/etc/keepalived/keepalived.conf')).not.toMatch(/^static_ipaddress/m);
      expect(messages(host.journal()).join('\n')).toContain('systemctl reload keepalived.service');
      // What the person made by hand and Holdfast does not name stays: the lesson's own multicast rules.
      expect(host.run(['ufw', 'show', 'added']).stdout).toContain('ufw allow out to 224.0.0.18');
    },
  );
});
