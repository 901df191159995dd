import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BAD } from '../support/bad-changes.ts';
import {
  allAt,
  CYCLES_MS,
  differences,
  nextCycle,
  picture,
  reportOf,
  untilReported,
  type HostStatus,
} from '../support/cluster.ts';
import { lab, waitFor, type Changes } from '../support/lab.ts';
import { saidToBeTakenBack } from '../support/said.ts';
import { pushed } from '../support/try-out.ts';

const host = lab.host(3);
const LAYER = 'hosts/kubernetes-node-3.yaml';
const BAD_UNIT = BAD.UNIT_THAT_FAILS.layer;
/** Neither the note nor the unit that is known by now, and another one. */
const ANOTHER_BAD_UNIT = BAD_UNIT.replaceAll('bad.service', 'worse.service');
const WITH_NOTE = BAD_UNIT.replace('files:\n', 'files:\n  /etc/note: { content: "a note\\n" }\n');

const untilTakenBack = (sha: string): Promise<HostStatus> =>
  untilReported(
    host,
    `to have taken ${sha.slice(0, 12)} back`,
    ({ outcome, lastChange }) => outcome === 'refused' && lastChange?.commit?.sha === sha,
  );

let before: string;
let base: string;
let taken: HostStatus;

/** Commits something with the bad content in it; two cycles later nothing was tried and nothing was touched. */
async function notTriedAgain(changes: Changes, subject: string): Promise<void> {
  const cursor = host.cursor();
  const sha = pushed(changes, subject);
  await untilReported(host, 'to refuse it', ({ refused }) => refused?.commit?.sha === sha);
  await nextCycle(host);
  saidAsBefore(sha);
  const events = host.journal(cursor).map((entry) => entry['HOLDFAST_EVENT']);
  expect(events.filter((event) => event === 'refused')).toHaveLength(1);
  expect(events).not.toContain('change-rolled-back');
  expect(events).not.toContain('change');
}

function saidAsBefore(sha: string): void {
  const status = reportOf(host);
  expect(status).toMatchObject({ outcome: 'refused', refused: { commit: { sha } } });
  expect(status.refused!.reasons.join('\n')).toMatch(/taken back.*bad\.service/s);
  expect(host.run(['holdfast', 'why']).stdout).toMatch(/taken back.*holdfast retry/s);
  // No transaction since.
  expect(status.lastChange?.tx).toBe(taken.lastChange!.tx);
  expect(differences(before, picture(host))).toEqual([]);
}

beforeAll(async () => {
  base = lab.head();
  await allAt(base);
  host.run(['holdfast', 'retry']);
  before = picture(host);
  const cursor = host.cursor();
  const sha = pushed({ [LAYER]: BAD_UNIT }, 'A unit that does not start');
  taken = await untilTakenBack(sha);
  saidToBeTakenBack(host, sha, /bad\.service/, taken, cursor);
});
afterAll(async () => {
  lab.git('read-tree', '-u', '--reset', base);
  await allAt(pushed({}, 'As it was'));
});

describe('what was taken back', () => {
  it('is not tried again under an unrelated commit', () =>
    notTriedAgain({ 'README.md': (old) => `${old}\nA word more.\n` }, 'A word more'));

  it('is not tried again with an unrelated addition for this host, which waits as well', () =>
    notTriedAgain({ [LAYER]: WITH_NOTE }, 'The unit, and a note'));

  it('is not tried again by an agent that was started anew', async () => {
    host.run(['systemctl', 'restart', 'holdfast']);
    await nextCycle(host);
    saidAsBefore(lab.head());
  });

  it('does not keep drift from being put right', async () => {
    host.run(['systemctl', 'stop', 'haproxy']);
    await waitFor(
      'HAProxy to be started again',
      () => host.run(['systemctl', 'is-active', 'haproxy'], { allowFail: true }).stdout.trim(),
      CYCLES_MS,
      (state) => state === 'active',
    );
    await untilReported(
      host,
      'to say so',
      ({ outcome, lastDrift }) =>
        outcome === 'refused' && lastDrift !== null && lastDrift.tx > taken.lastChange!.tx,
    );
    expect(reportOf(host).lastDrift?.changes.map(({ id }) => id)).toEqual(['unit[haproxy.service]']);
    expect(differences(before, picture(host))).toEqual([]);
  });

  it('is tried again after "holdfast retry", once', async () => {
    const cursor = host.cursor();
    const { tx } = reportOf(host).lastChange!;
    expect(host.run(['holdfast', 'retry']).stdout).toContain('bad.service');
    const sha = lab.head();
    host.run(['systemctl', 'reload', 'holdfast']);
    const status = await untilReported(
      host,
      'to take another attempt back',
      ({ outcome, lastChange }) => outcome === 'refused' && lastChange!.tx > tx,
    );
    saidToBeTakenBack(host, sha, /bad\.service/, status, cursor);
    expect(differences(before, picture(host))).toEqual([]);
  });

  it('goes through once a commit mends it, with what waited', async () => {
    await allAt(pushed({ [LAYER]: WITH_NOTE.replace('/bin/false', '/bin/true') }, 'It starts'), [3]);
    expect(host.read('/etc/note')).toContain('a note');
    expect(host.run(['systemctl', 'is-enabled', 'bad.service']).stdout.trim()).toBe('enabled');
  });

  it('is gone with "git revert", and nothing is left of it', async () => {
    const mended = picture(host);
    const sha = pushed({ [LAYER]: ANOTHER_BAD_UNIT }, 'Another unit in its place');
    await untilTakenBack(sha);
    expect(differences(mended, picture(host))).toEqual([]);
    lab.git('revert', '--no-edit', 'HEAD');
    await allAt(pushed({}, ''));
    expect(reportOf(host).refused).toBeNull();
    expect(differences(mended, picture(host))).toEqual([]);
  });
});
