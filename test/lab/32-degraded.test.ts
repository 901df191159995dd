import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BAD } from '../support/bad-changes.ts';
import { allAt, CYCLES_MS, messages, reportOf, untilReported, type HostStatus } from '../support/cluster.ts';
import { SLOW_UNIT } from '../support/interrupted.ts';
import { HOSTS, lab, waitFor, type ApiServerBehaviour } from '../support/lab.ts';
import { saidToBeTakenBack } from '../support/said.ts';
import { pushed, vipIsBack } from '../support/try-out.ts';

const host = lab.host(3);
const LAYER = 'hosts/kubernetes-node-3.yaml';
const UNWELL = /https\[10\.1\.233\.1:6443\]\/answers: .*500/;
let base: string;
const old = (path: string): string => `${lab.git('show', `${base}:${path}`)}\n`;
const note = (text: string): string => `files: { /etc/note: { content: "${text}\\n" } }\n`;

function apiServers(behaviour: ApiServerBehaviour): void {
  for (const n of HOSTS) lab.host(n).apiServer(behaviour);
}
const untilChanged = (sha: string, end: string): Promise<HostStatus> =>
  untilReported(
    host,
    `to end ${sha.slice(0, 12)}: ${end}`,
    ({ outcome, lastChange }) =>
      lastChange?.end === end &&
      lastChange.commit?.sha === sha &&
      // Said in the cycle after it.
      outcome === (end === 'rolled back' ? 'refused' : 'in desired state'),
  );

beforeAll(async () => {
  base = lab.head();
  await allAt(base);
});

/** Every API server says that it is not well. Host 3 is new and has never seen it otherwise; the others have. */
describe('while the virtual IP is unwell', () => {
  beforeAll(async () => {
    apiServers({ status: 500 });
    host.fresh({ bare: true });
    host.apiServer({ status: 500 });
    host.start();
    await untilChanged(base, 'degraded');
  });
  afterAll(async () => {
    apiServers({});
    lab.git('read-tree', '-u', '--reset', base);
    await allAt(pushed({}, 'As it was'));
    await vipIsBack();
  });

  it('a change is kept on a host that never saw it well: degraded, and what is unwell is said', async () => {
    const cursor = host.cursor();
    const sha = pushed({ [LAYER]: note('one') }, 'A note');
    const { lastChange } = await untilChanged(sha, 'degraded');
    expect(lastChange).toMatchObject({ failure: null, quarantined: false });
    expect(lastChange!.note).toMatch(UNWELL);
    expect(host.read('/etc/note')).toContain('one');
    const [entry] = host.journal(cursor).filter((e) => e['HOLDFAST_EVENT'] === 'change-degraded');
    expect(entry).toMatchObject({ PRIORITY: '4', HOLDFAST_COMMIT: sha });
    expect(messages([entry!])[0]).toMatch(UNWELL);
    for (const verb of ['status', 'why']) expect(host.run(['holdfast', verb]).stdout).toMatch(UNWELL);
  });

  it('a check of the host itself that fails because of the change has it taken back', async () => {
    const cursor = host.cursor();
    const { layer, files } = BAD.TRACK_SCRIPT;
    const sha = pushed({ ...files, [LAYER]: layer }, 'A track script that fails');
    const status = await untilChanged(sha, 'rolled back');
    saidToBeTakenBack(host, sha, /vrrp\[10\.1\.233\.1\].*FAULT/, status, cursor);
    expect(status.lastChange!.failure).not.toMatch(/https/);
    expect(host.read('/etc/keepalived/keepalived.conf')).not.toContain('never');
    expect(host.read('/etc/note')).toContain('one');
  });

  it('a change is taken back with "health: { baseline: strict }"', async () => {
    const cursor = host.cursor();
    const sha = pushed(
      { 'cluster.yaml': (text) => `${text}\nhealth: { baseline: strict }\n`, [LAYER]: note('two') },
      'Strictly',
    );
    const status = await untilChanged(sha, 'rolled back');
    saidToBeTakenBack(host, sha, UNWELL, status, cursor);
    expect(host.read('/etc/note')).toContain('one');
  });

  it('a new commit waits on the hosts that saw it well, and goes on by itself when it is well again', async () => {
    const cursor = lab.host(1).cursor();
    const sha = pushed(
      {
        'cluster.yaml': old('cluster.yaml'),
        [LAYER]: note('three'),
        'hosts/kubernetes-node-1.yaml': note('three'),
      },
      'For the MASTER',
    );
    const { held } = await untilReported(
      lab.host(1),
      'to hold it back',
      ({ outcome, held: by }) => outcome === 'held' && by?.commit?.sha === sha,
    );
    expect(held).toMatchObject({ by: 'unwell VIP', why: expect.stringMatching(UNWELL) as string });
    expect(lab.host(1).exists('/etc/note')).toBe(false);
    for (const verb of ['status', 'why']) expect(lab.host(1).run(['holdfast', verb]).stdout).toMatch(UNWELL);
    apiServers({});
    await allAt(sha);
    expect(reportOf(lab.host(1)).lastChange).toMatchObject({ end: 'committed', commit: { sha } });
    expect(
      lab
        .host(1)
        .journal(cursor)
        .filter((e) => e['HOLDFAST_EVENT'] === 'held'),
    ).toHaveLength(1);
    await allAt(pushed({ 'hosts/kubernetes-node-1.yaml': null }, 'Nothing for the MASTER'));
  });
});

describe('while the Git server is down', () => {
  it('a change that has nothing to do with the network is kept', async () => {
    await allAt(lab.head());
    const before = old(LAYER);
    const sha = pushed({ [LAYER]: SLOW_UNIT }, 'A unit that takes its time');
    try {
      await waitFor(
        'the unit to be starting',
        () => host.run(['systemctl', 'show', '-p', 'ActiveState', '--value', 'slow']).stdout.trim(),
        CYCLES_MS,
        (state) => state === 'activating',
      );
      // The change is under way, and nothing was judged yet.
      lab.gitServer.stop();
      host.shell('touch /run/go-on');
      const { lastChange } = await untilReported(
        host,
        'to have ended the change, and not to follow Git',
        ({ source, lastChange: last }) => !source.ok && last?.commit?.sha === sha,
      );
      expect(lastChange).toMatchObject({ end: 'committed', failure: null, note: null });
      expect(host.run(['systemctl', 'is-active', 'slow']).stdout.trim()).toBe('active');
    } finally {
      lab.gitServer.start();
      await allAt(pushed({ [LAYER]: before }, 'No slow unit'));
      host.shell('rm -f /run/go-on');
    }
  });
});
