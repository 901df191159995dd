import { expect, it } from 'vitest';
import { allAt, probed } from '../support/cluster.ts';
import { lab, VIP, waitFor } from '../support/lab.ts';
import {
  healthz,
  kubeadmWrites,
  KUBECONFIGS,
  listening,
  manifestPutRight,
  theirs,
  withBindAddress,
} from '../support/lesson-checks.ts';
import { MANIFEST, readyAgain } from '../support/slow.ts';
import { pushed } from '../support/try-out.ts';
import { apiServersInTurns, asCommitted, TURNS_MS } from '../support/turns.ts';

/** The long form of test/lab/60-lesson.test.ts: every host upgraded in turn, with API servers as slow as on a Pi. */

const { base } = apiServersInTurns();

it.each([3, 2, 1])(
  'host %i: "kubeadm upgrade" takes the address away, the API server cannot start beside HAProxy, and is put right',
  async (n) => {
    const host = lab.host(n);
    const kept = theirs(host)[MANIFEST]!.text;
    const upgraded = kept.replace(/^ +- --bind-address=.*\n/m, '').replace(/v1\.\d+\.\d+/, 'v1.32.1');
    host.apiServer({ startSeconds: 45 });
    const { failures } = await probed(async () => {
      kubeadmWrites(host, upgraded);
      await manifestPutRight(host);
      // Nobody answered there before, so that the change is kept without waiting for it.
      await readyAgain(host);
    });
    // Some that were open when it ended; the others answer for it meanwhile.
    expect(failures).toBeLessThanOrEqual(10);
    expect(host.read(MANIFEST)).toBe(withBindAddress(upgraded, host));
    expect(listening(host)).toEqual([`${host.address}:6443`, `${VIP}:6443`]);
    host.apiServer({});
  },
  TURNS_MS * 2,
);

it(
  'a power cut in the middle of the edits leaves each file whole, as before or as edited',
  async () => {
    const host = lab.host(3);
    const before = theirs(host);
    for (let round = 0; round < 5; round += 1) {
      const server = `https://10.1.1.${10 + round}:6443`;
      const edits = KUBECONFIGS.map(
        (path) => `  ${path}: { set: { "clusters[name=kubernetes].cluster.server": ${server} } }\n`,
      );
      pushed({ 'hosts/kubernetes-node-3.yaml': `yaml:\n${edits.join('')}` }, `Kubeconfigs at ${server}`);
      await waitFor(
        'host 3 to have edited the first',
        () => KUBECONFIGS.some((path) => host.read(path).includes(server)),
        TURNS_MS,
      );
      host.cutPower();
      host.boot();
      for (const path of KUBECONFIGS) {
        const masked = (text: string): string => text.replace(/https:\/\/\S+/, '');
        expect(masked(host.read(path))).toBe(masked(before[path]!.text));
      }
      await allAt(lab.head(), [3], TURNS_MS);
    }
    await asCommitted(base());
    expect(theirs(host)).toEqual(before);
    expect(healthz(host, VIP)).toBe('ok');
  },
  TURNS_MS * 6,
);
