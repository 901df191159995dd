import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LastChange } from '../../agent/report/status.ts';
import { LAYERS_AT } from '../support/bad-changes.ts';
import { haproxyWith } from '../support/changed-template.ts';
import { allAt, differences, messages, picture, probed, untilReported } from '../support/cluster.ts';
import {
  committed,
  committedAsAt,
  END_MS,
  endsOf,
  killAgent,
  layerOf,
  untilReport,
} from '../support/interrupted.ts';
import { HOSTS, lab, waitFor, type Changes } from '../support/lab.ts';
import { clusterWith, SPREAD } from '../support/lockstep.ts';
import { pushed, vipIsBack } from '../support/try-out.ts';
import { allAtOnce, takingTurns, TURNS_MS } from '../support/turns.ts';

const SOAK = process.env['HOLDFAST_SOAK'] === '1';

/** A restart of what the virtual IP lives on, on the host that holds it. */
const host = lab.host(1);
const OFFSET = '/run/holdfast/handover';
const VIP_STATES = `journalctl -u keepalived -o cat --no-pager --after-cursor`;

let asFound = '';
let lessons = '';
let pictures: readonly string[] = [];
beforeAll(async () => {
  lessons = lab.git('show', 'HEAD:cluster.yaml');
  // With the lesson's the two BACKUPs take over 4 ms apart: on a busy machine both do, for a moment.
  await allAt(pushed({ 'cluster.yaml': clusterWith(SPREAD, null) }, 'Priorities far apart'));
  await takingTurns();
  asFound = lab.head();
  for (const n of HOSTS)
    lab.host(n).shell(`mkdir -p /etc/systemd/system/holdfast.service.d
      printf '[Service]\\nEnvironment=HOLDFAST_LOG=debug\\n' >/etc/systemd/system/holdfast.service.d/debug.conf
      systemctl daemon-reload && systemctl restart holdfast`);
  // What an earlier run has had taken back.
  host.run(['holdfast', 'retry'], { allowFail: true });
  await vipIsBack();
  pictures = HOSTS.map((n) => picture(lab.host(n)));
});
beforeEach(vipIsBack);
afterAll(async () => {
  await allAt(committedAsAt(asFound, [host]), HOSTS, TURNS_MS);
  await allAtOnce();
  await allAt(pushed({ 'cluster.yaml': `${lessons}\n` }, 'Priorities as the lesson has them'));
  for (const n of HOSTS)
    lab.host(n).shell(`rm -r /etc/systemd/system/holdfast.service.d/debug.conf
      systemctl daemon-reload && systemctl restart holdfast`);
});

/** HAProxy's configuration with another comment: a new process has to read it. */
const restartsHaproxy = (note: string, layers: readonly string[]): Changes => {
  const { layer, files } = haproxyWith(
    'restarted',
    '  option tcpka\n',
    `  option tcpka\n  # ${note}\n`,
    'restart',
  );
  return { ...Object.fromEntries(layers.map((path) => [path, layer])), ...files };
};
const restartsKeepalived = (note: string): Changes => ({
  [layerOf(host)]: `files:
  /etc/keepalived/note: { content: "${note}\\n", notify: { restart: keepalived.service } }
`,
});

type Done = LastChange | null;
const untilDone = async (sha: string): Promise<Done> =>
  (
    await untilReport(
      host,
      `${sha.slice(0, 12)} is done with`,
      ({ lastChange }) => lastChange?.commit?.sha === sha,
      END_MS,
    )
  ).lastChange;

/** What keepalived became on a host since then. */
const becameSince = (n: number, cursor: string): readonly string[] =>
  lab
    .host(n)
    .shell(`${VIP_STATES}='${cursor}'`)
    .stdout.split('\n')
    .flatMap((line) => /Entering (\w+) STATE/.exec(line)?.[1] ?? []);

/** Each of these is minutes: the suite has the first of each kind, `npm run soak` all of them. */
const some = <T>(cases: readonly T[]): readonly T[] => (SOAK ? cases : cases.slice(0, 1));

describe.each(
  some([
    ['HAProxy on every host', (note: string) => restartsHaproxy(note, LAYERS_AT.all)],
    ['keepalived on the host that holds the virtual IP', restartsKeepalived],
  ] as const),
)('a commit that restarts %s', (what, change) => {
  it('gives the virtual IP to the next host first and takes it back: no request fails', async () => {
    const cursors = HOSTS.map((n) => lab.host(n).cursor());
    const { failures, reasons, result } = await probed(async () => {
      const sha = committed(change('once'), `A restart of ${what}`, [host]);
      return untilDone(sha);
    });
    expect(result).toMatchObject({ end: 'committed' });
    expect({ failures, reasons }).toEqual({ failures: 0, reasons: {} });
    const said = messages(host.journal(cursors[0]));
    expect(said).toContainEqual(expect.stringMatching(/was given away before .* is restarted/));
    expect(said).toContainEqual(expect.stringMatching(/The virtual IP was given back after/));
    expect(becameSince(2, cursors[1]!)).toContain('MASTER');
    expect(becameSince(3, cursors[2]!)).not.toContain('MASTER');
    expect(lab.owners()).toEqual([1]);
    expect(host.read(OFFSET).trim()).toBe('0');
    expect(host.run(['iptables', '-t', 'raw', '-S', 'PREROUTING']).stdout.trim()).toBe(
      '-P PREROUTING ACCEPT',
    );
  });
});

const wrong = (): void => {
  it('a HAProxy whose servers do not answer never gets the virtual IP, and is taken back', async () => {
    const { layer, files } = haproxyWith(
      'dead',
      /^( {2}server .*):<%= it\.cluster\.apiPort %>$/gm,
      '$1:6444',
      'restart',
    );
    try {
      const { failures, reasons, result } = await probed(() =>
        untilDone(committed({ [layerOf(host)]: layer, ...files }, 'Servers where nobody listens', [host])),
      );
      expect(result).toMatchObject({ end: 'rolled back' });
      expect({ failures, reasons }).toEqual({ failures: 0, reasons: {} });
      await vipIsBack();
      expect(host.read(OFFSET).trim()).toBe('0');
    } finally {
      await allAt(committedAsAt(asFound, [host]), HOSTS, TURNS_MS);
    }
    expect(differences(pictures[0]!, picture(host))).toEqual([]);
  });
};
if (SOAK) describe('what is restarted is wrong', wrong);

const killed = (): void => {
  it.each([
    ['when it has just given the virtual IP away', (offset: number) => offset <= -254],
    ['while this host stands back', (offset: number) => offset < 0 && offset > -254],
  ] as const)('%s: the cluster is whole again', async (when, isSo) => {
    const sha = committed(restartsHaproxy(when, [layerOf(host)]), `Interrupted ${when}`, [host]);
    await waitFor(
      'this host to step back',
      () => Number(host.run(['cat', OFFSET], { allowFail: true }).stdout),
      END_MS,
      isSo,
      5,
    );
    killAgent(host);
    await vipIsBack();
    await untilReported(
      host,
      'to be in desired state',
      ({ outcome, commit }) => outcome === 'in desired state' && commit?.sha === sha,
      END_MS,
    );
    await vipIsBack();
    expect(endsOf(host, sha)).toContain('committed');
    expect(host.read(OFFSET).trim()).toBe('0');
    expect(host.run(['iptables', '-t', 'raw', '-S', 'PREROUTING']).stdout.trim()).toBe(
      '-P PREROUTING ACCEPT',
    );
  });
};
if (SOAK) describe('the agent is killed in the middle', killed);
