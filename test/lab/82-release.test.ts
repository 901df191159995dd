import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notAsFound } from '../support/as-found.ts';
import {
  allAt,
  CYCLES_MS,
  differences,
  masterAloneHoldsVip,
  messages,
  picture,
  probed,
  statusOf,
  untilReported,
  wholePicture,
} from '../support/cluster.ts';
import { lastEntry } from '../support/interrupted.ts';
import { HOSTS, lab, waitFor } from '../support/lab.ts';

/** `holdfast release` on one host after the other, the one that holds the virtual IP each time, until it is refused. */

const [first, second, third] = [lab.host(1), lab.host(2), lab.host(3)];
let before: string;

beforeAll(async () => {
  first.fresh({ bare: true });
  // What others have left on it before Holdfast saw it would be put back: a keepalived.conf made by hand.
  second.fresh();
  before = wholePicture(first);
  first.start();
  await allAt(lab.head());
  await masterAloneHoldsVip();
});
afterAll(async () => {
  for (const n of HOSTS) lab.host(n).run(['holdfast', 'resume'], { allowFail: true });
  await allAt(lab.head());
  await masterAloneHoldsVip();
});

/** Its own words, without waiting for the host's next cycle. */
const release = (host: typeof first, ...more: readonly string[]) =>
  host.run(['holdfast', 'release', ...more], { allowFail: true, timeoutMs: 180_000 });

describe('released is the host that holds the virtual IP', () => {
  it('and no request fails: another one has it first, and this one is as it was found', async () => {
    const dryRun = release(first, '--dry-run');
    expect(dryRun.stdout).toContain('unit[keepalived.service]');
    expect(lab.owners()).toEqual([1]);
    const cursor = first.cursor();
    const { result, failures, reasons, requests } = await probed(() => release(first));
    expect(result).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('as it was before Holdfast'),
    });
    expect({ failures, reasons }).toEqual({ failures: 0, reasons: {} });
    expect(requests).toBeGreaterThan(300);
    expect(lab.owners()).toEqual([2]);
    expect(messages(first.journal(cursor)).join('\n')).not.toContain('could not be given away');
    expect(notAsFound(before, first)).toEqual([]);
  });

  it('and nothing more is done to it, which status, why and fleet say', async () => {
    const was = picture(first);
    await untilReported(first, 'to say that it is released', ({ outcome }) => outcome === 'released');
    for (const verb of ['status', 'why'])
      expect(first.run(['holdfast', verb]).stdout).toMatch(/root released it/);
    expect(second.run(['holdfast', 'fleet']).stdout).toMatch(/kubernetes-node-1.*released/);
    expect(release(first)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^Nothing is managed/),
    });
    expect(differences(was, picture(first))).toEqual([]);
  });

  it('and it is killed in the middle: the journal says where, and the host ends as a whole', async () => {
    second.run(['systemd-run', '--quiet', '--collect', '--unit=release', 'holdfast', 'release']);
    await waitFor(
      'a step to be announced',
      () => lastEntry(second)?.t,
      CYCLES_MS,
      (entry) => entry === 'step' || entry === 'verify',
      20,
    );
    const cursor = second.cursor();
    second.run(['systemctl', 'kill', '--signal=KILL', 'release']);
    expect(second.run(['holdfast', 'status']).stdout).toMatch(/The release of this host/i);
    const said = (): string => messages(second.journal(cursor)).join('\n');
    await waitFor('the agent to take it back', said, CYCLES_MS, (text) => text.includes('taken back'), 500);
    expect(said()).toMatch(
      /The release of this host was taken back, .*: it was interrupted in the middle .*This host is as it was before\..*: sudo holdfast release/,
    );
    expect(lastEntry(second)).toBeNull();
    expect(release(second).exitCode).toBe(0);
    await waitFor(
      'host 3 alone to hold it',
      () => lab.owners().join(),
      CYCLES_MS,
      (owners) => owners === '3',
    );
    expect(statusOf(second).outcome).toBe('released');
  });
});

describe('the last host that has it', () => {
  it('is not released, says why, and is not touched', () => {
    const was = picture(third);
    const { exitCode, stderr } = release(third);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 3,
      stderr: expect.stringMatching(
        /^holdfast: Nothing was done: this host holds the virtual IP 10\.1\.233\.1, and nobody else would have it afterwards: kubernetes-node-1 was released; kubernetes-node-2 was released\. Bring another node back first; or add --yes, and 10\.1\.233\.1 goes with it\.\n$/,
      ) as string,
    });
    expect(differences(was, picture(third))).toEqual([]);
    expect(lab.owners()).toEqual([3]);
  });

  it('is released with --yes, and nobody has it any more', () => {
    const { exitCode, stdout, stderr } = release(third, '--yes');
    expect(exitCode, stdout + stderr).toBe(0);
    expect(lab.owners()).toEqual([]);
  });
});
