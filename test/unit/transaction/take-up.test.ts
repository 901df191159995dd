import { beforeEach, describe, expect, test } from 'vitest';
import { openJournal } from '../../../agent/transaction/journal.ts';
import { readLedger } from '../../../agent/transaction/ledger.ts';
import { goBackAtBoot } from '../../../agent/transaction/take-up.ts';
import { daemonReload, file, reload, sysctl, unit } from '../../support/desired.ts';
import { FakeCycle } from '../../support/fake-cycle.ts';
import { FakeHost } from '../../support/fake-host.ts';

/** What the next start of the agent makes of a change that is open. */

const CFG = '/etc/haproxy/haproxy.cfg';
const HAPROXY = 'haproxy.service';
let host: FakeHost;
let cycle: FakeCycle;
let before: string;
beforeEach(() => {
  host = new FakeHost().put(CFG, 'old\n').unit(HAPROXY, true, true, { reads: [CFG] });
  host.makeFolders('/etc/sysctl.d');
  host.kernel.set('net/ipv4/ip_forward', '0');
  host.kernelAtBoot.set('net/ipv4/ip_forward', '0');
  cycle = new FakeCycle(host);
  before = host.snapshot();
});
const wanted = () => [
  file(host, CFG, 'new\n', { notify: [reload(HAPROXY)] }),
  sysctl('net.ipv4.ip_forward', '1'),
];
async function killedBefore(what: string, reboot = false): Promise<void> {
  host.power.killWhen((_, where) => where === `before ${what}`);
  await cycle.run().catch(() => undefined);
  expect(host.power.dead).toBe(true);
  await cycle.restart(reboot);
}
const last = async () => (await readLedger(host.state)).history.at(-1);

describe('one that was interrupted in the middle of its steps', () => {
  test('is taken back, told as that, and tried again', async () => {
    cycle.commit(1, wanted());
    await killedBefore('kernel net/ipv4/ip_forward=1');
    const { status } = await cycle.run();
    const { history } = await readLedger(host.state);
    expect(history).toMatchObject([
      {
        end: 'rolled back',
        failure: 'it was interrupted in the middle (the power, or the agent was ended)',
        quarantined: false,
      },
      { end: 'committed' },
    ]);
    expect([status.outcome, host.text(CFG)]).toEqual(['changed', 'new\n']);
  });

  test('twice in a row is not tried again by itself', async () => {
    cycle.commit(1, wanted());
    await killedBefore('kernel net/ipv4/ip_forward=1');
    await killedBefore('kernel net/ipv4/ip_forward=1');
    const { status } = await cycle.run();
    expect([status.refused !== null, host.snapshot()]).toEqual([true, before]);
    expect(await last()).toMatchObject({ end: 'rolled back', quarantined: true });
  });

  test('is taken back although somebody has paused the agent since', async () => {
    cycle.commit(1, wanted());
    await killedBefore('kernel net/ipv4/ip_forward=1');
    host.state.files.set(
      'pause.json',
      new TextEncoder().encode('{"version":1,"reason":"upgrade","by":"ada","sinceMs":1,"untilMs":null}'),
    );
    await cycle.run();
    expect(host.snapshot()).toBe(before);
  });
});

test('a dry run looks at it and leaves it', async () => {
  cycle.commit(1, wanted());
  await killedBefore('kernel net/ipv4/ip_forward=1');
  const now = host.snapshot();
  await cycle.run('dry run');
  expect([host.snapshot(), host.timeline]).toEqual([now, []]);
});

describe('one that is stuck', () => {
  beforeEach(async () => {
    cycle.health.unwell();
    let back = false;
    host.power.fault = (what) => {
      back ||= what === '/var/lib/holdfast: remove reserve';
      if (back && what.startsWith('write')) throw new Error('read-only file system');
    };
    const { status } = await cycle.commit(1, wanted()).run();
    expect([status.outcome, status.stuck?.note]).toEqual([
      'stuck',
      expect.stringContaining(`file[${CFG}] still needs: content`) as string,
    ]);
  });
  const attempt = async (): Promise<unknown> => (await openJournal(host.state)).phase;

  test('is tried again, less and less often, and each time is on the record', async () => {
    expect(await attempt()).toMatchObject({ phase: 'stuck', attempt: 1 });
    await cycle.run();
    expect(await attempt()).toMatchObject({ attempt: 2 });
    await cycle.run();
    expect(await attempt()).toMatchObject({ attempt: 2 });
    await cycle.run();
    expect(await attempt()).toMatchObject({ attempt: 3 });
  });

  test('is tried at once after a reboot, whatever time it was to wait', async () => {
    await cycle.run();
    await cycle.restart(true);
    await cycle.run();
    expect(await attempt()).toMatchObject({ attempt: 3 });
  });

  test('holds up newer changes, drift and all, until it is over; then they go on', async () => {
    await cycle.run();
    expect(host.log.filter((what) => what.startsWith('kernel'))).toEqual([]);
    host.power.fault = () => {};
    cycle.health.well();
    for (let n = 0; n < 3; n += 1) await cycle.run();
    expect(host.snapshot()).toBe(before);
    expect(await last()).toMatchObject({ end: 'rolled back', quarantined: true });
  });
});

describe('before the daemons start, at boot', () => {
  const early = async (): Promise<void> => {
    await goBackAtBoot(await openJournal(host.state), cycle.tools());
  };
  /** The power goes before this, and comes back. */
  async function cutBefore(what: string): Promise<void> {
    host.power.killWhen((_, where) => where === `before ${what}`);
    await cycle.run().catch(() => undefined);
    expect(host.power.dead).toBe(true);
    host.log.length = 0;
    await cycle.restart(true, early);
  }

  test('files, kernel parameters and enablement go back, and the daemons read the old files', async () => {
    cycle.commit(1, [...wanted(), unit(HAPROXY, { enabled: false, running: false })]);
    await cutBefore('health: live');
    expect(host.text(CFG)).toBe('new\n');
    await cycle.restart();
    cycle.health.unwell();
    await cutBefore(`write ${CFG}`);
    expect(host.snapshot()).toBe(before);
  });

  test('nothing is started, stopped or told to read anything: that would wait for itself', async () => {
    // One that is up before all others.
    host.unit('early.service', false, true, { fileState: 'static', reads: [CFG] });
    const path = '/etc/systemd/system/a.service';
    cycle.commit(1, [
      file(host, CFG, 'new\n', { notify: [reload('early.service')] }),
      file(host, path, '[Service]\n', { notify: [daemonReload] }),
      unit('a.service', { enabled: true, running: true }, { requires: [`file[${path}]`] }),
    ]);
    await cutBefore('systemctl reload -- early.service');
    expect(host.log.filter((what) => /systemctl|systemd-run|apt/.test(what))).toEqual([
      'systemctl disable a.service',
      'systemctl daemon-reload',
    ]);
    expect((await openJournal(host.state)).phase.phase).toBe('rollingBack');
  });

  test('the agent ends what was begun there', async () => {
    cycle.commit(1, wanted());
    await cutBefore('kernel net/ipv4/ip_forward=1');
    expect(host.snapshot()).toBe(before);
    await cycle.run();
    const [ended] = (await readLedger(host.state)).history;
    expect(ended).toMatchObject({ tx: 1, end: 'rolled back', quarantined: false });
  });

  test('what was being verified is left to be judged', async () => {
    cycle.commit(1, wanted());
    await cutBefore('health: gate');
    expect([host.text(CFG), host.kernel.get('net/ipv4/ip_forward')]).toEqual(['new\n', '1']);
    await cycle.run();
    expect(await last()).toMatchObject({ end: 'committed' });
  });
});
