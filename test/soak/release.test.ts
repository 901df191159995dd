import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notAsFound } from '../support/as-found.ts';
import { allAt, CYCLES_MS, differences, picture, untilReported, wholePicture } from '../support/cluster.ts';
import { END_MS, lastEntry } from '../support/interrupted.ts';
import { lab, waitFor } from '../support/lab.ts';
import { vipIsBack } from '../support/try-out.ts';

/** The long form of test/lab/82-release.test.ts: a release that is killed, or whose power goes, at many moments. */

const host = lab.host(2);
let before: string;
let managed: string;

beforeAll(async () => {
  host.fresh({ bare: true });
  before = wholePicture(host);
  host.start();
  await allAt(lab.head());
  managed = picture(host);
}, 300_000);
afterAll(async () => {
  host.run(['holdfast', 'resume'], { allowFail: true });
  await allAt(lab.head());
});

/** After the first line in the journal: in the first second steps follow one another, later it is judged. */
const AFTER_MS = [0, 150, 300, 450, 600, 800, 1_000, 1_300, 1_700, 2_500, 5_000, 10_000] as const;

describe.each(['killed', 'cut', 'cutPower'] as const)('a release that is %s', (how) => {
  it.each(AFTER_MS)('%i ms after it began is whole, or not there; given again it ends', async (afterMs) => {
    host.sync();
    host.run(['systemd-run', '--quiet', '--collect', '--unit=release', 'holdfast', 'release']);
    await waitFor('it to begin', () => lastEntry(host) !== null, CYCLES_MS, Boolean, 10);
    await sleep(afterMs);
    if (how === 'killed') host.run(['systemctl', 'kill', '--signal=KILL', 'release'], { allowFail: true });
    else {
      host[how]();
      host.boot();
    }
    const { outcome } = await untilReported(
      host,
      'to have ended it',
      (status) => lastEntry(host) === null && /^(released|in desired state)$/.test(status.outcome),
      END_MS,
    );
    if (outcome === 'in desired state') {
      expect(differences(managed, picture(host))).toEqual([]);
      expect(host.run(['holdfast', 'release'], { timeoutMs: END_MS }).stdout).toContain(
        'as it was before Holdfast',
      );
    }
    expect(notAsFound(before, host)).toEqual([]);
    await vipIsBack();
    host.run(['holdfast', 'resume']);
    await allAt(lab.head(), [2]);
    expect(differences(managed, picture(host))).toEqual([]);
  });
});
