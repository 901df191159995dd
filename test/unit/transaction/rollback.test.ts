import { beforeEach, describe, expect, test } from 'vitest';
import { readLedger } from '../../../agent/transaction/ledger.ts';
import { daemonReload, file, reload, resource, restart, sysctl, unit } from '../../support/desired.ts';
import { FakeCycle } from '../../support/fake-cycle.ts';
import { FakeHost } from '../../support/fake-host.ts';
import { installUfw } from '../../support/fake-ufw.ts';

/** The way back: over what was done, from whatever is there now, and honest about what it could not put back. */

const CFG = '/etc/haproxy/haproxy.cfg';
const HAPROXY = 'haproxy.service';
let host: FakeHost;
let cycle: FakeCycle;
let before: string;
beforeEach(() => {
  host = new FakeHost();
  host.put(CFG, 'as found\n');
  host.put('/etc/other', 'as found\n');
  host.unit(HAPROXY, true, true, { reads: [CFG] });
  host.kernel.set('net/ipv4/ip_forward', '0');
  host.makeFolders('/etc/sysctl.d');
  cycle = new FakeCycle(host);
  cycle.health.unwell();
  before = host.snapshot();
});
const cfg = (text = 'bad\n') => file(host, CFG, text, { notify: [reload(HAPROXY)] });
/** From when the way back begins, and as often as is said. */
function failOnTheWayBack(pattern: RegExp, times = 1): void {
  let left = times;
  host.power.fault = (what) => {
    if (!pattern.test(what) || !isGoingBack() || left === 0) return;
    left -= 1;
    throw new Error('refused by the test');
  };
}
const isGoingBack = (): boolean =>
  host.state.files.has('journal') && host.state.text('journal').includes('"t":"back"');
const back = (): readonly string[] => host.log.slice(host.log.length / 2);

test('everything is as before, in the order of every plan, daemons last', async () => {
  await cycle.commit(1, [cfg(), sysctl('net.ipv4.ip_forward', '1')]).run();
  expect(host.snapshot()).toBe(before);
  expect(back()).toEqual([
    `write ${CFG}`,
    'remove /etc/sysctl.d/99-holdfast-net.ipv4.ip_forward.conf',
    'kernel net/ipv4/ip_forward=0',
    'systemctl reload -- haproxy.service',
  ]);
});

test('a step that was never reached is not taken back', async () => {
  host.beforeEffect = (what) => {
    if (what.startsWith('write /etc/other')) throw new Error('read-only file system');
  };
  const { status } = await cycle.commit(1, [cfg(), file(host, '/etc/other', 'new')]).run();
  expect([status.outcome, host.log]).toEqual(['rolled back', [`write ${CFG}`, `write ${CFG}`]]);
  expect(host.snapshot()).toBe(before);
});

test('a unit that the refresh ended is started again', async () => {
  host.afterEffect = (what) => {
    if (what === `systemctl reload -- ${HAPROXY}` && host.text(CFG) === 'bad\n')
      host.systemd.run('stop', HAPROXY);
  };
  await cycle.commit(1, [cfg()]).run();
  expect(host.snapshot()).toBe(before);
  expect(back()).toContain(`systemctl start ${HAPROXY}`);
});

describe('it is not said to be done when it is not', () => {
  const stuckOnce = async (): Promise<void> => {
    const { status } = await cycle.run();
    expect(status.outcome).toBe('stuck');
    expect((await readLedger(host.state)).history).toEqual([]);
    host.power.fault = () => {};
    await cycle.run();
    await cycle.run();
    expect(host.snapshot()).toBe(before);
    expect((await readLedger(host.state)).history.at(-1)).toMatchObject({ end: 'rolled back' });
  };

  test('a file that could not be put back, and its daemon is not told of it before it is', async () => {
    failOnTheWayBack(/^write/);
    cycle.commit(1, [cfg()]);
    await stuckOnce();
    expect(host.units.get(HAPROXY)!.loaded).toBe(host.files.get(CFG)!.content.sha256);
  });

  test('a daemon that would not read its old file again, although the file is back', async () => {
    failOnTheWayBack(/^systemctl reload/);
    cycle.commit(1, [cfg()]);
    await stuckOnce();
  });

  test('a write that failed and was done all the same: its daemon has not read it yet', async () => {
    let isFirst = true;
    host.power.fault = (what, act) => {
      if (!isGoingBack() || what !== `write ${CFG}` || !isFirst) return;
      isFirst = false;
      act();
      throw new Error('the folder could not be synced');
    };
    cycle.commit(1, [cfg()]);
    await stuckOnce();
  });

  test('rules that are back in the files and not in the kernel', async () => {
    const ufw = installUfw(host);
    host.watched.push(() => ({ ...ufw.kernel }));
    await host.host().live!.run(['ufw', '--force', 'enable']);
    before = host.snapshot();
    failOnTheWayBack(/^iptables-restore/);
    cycle.commit(1, [resource('ufw-rules', 'host', { rules: ['allow 22/tcp'] })]);
    await stuckOnce();
  });

  test('a unit that was started before its file was back: it reads the file when that is', async () => {
    host.beforeEffect = (what) => {
      if (what.startsWith('write /etc/zzz')) throw new Error('refused by the test');
    };
    failOnTheWayBack(/^write \/etc\/haproxy/);
    cycle.commit(1, [unit(HAPROXY, { enabled: false, running: false }), cfg(), file(host, '/etc/zzz', 'x')]);
    await stuckOnce();
  });
});

test('a unit that came with its file keeps the file until it is disabled', async () => {
  const path = '/etc/systemd/system/probe.service';
  failOnTheWayBack(/^systemctl (stop|disable) probe/);
  cycle.commit(1, [
    file(host, path, '[Service]\n', { notify: [daemonReload, restart('probe.service')] }),
    unit('probe.service', { enabled: true, running: true }, { requires: [`file[${path}]`] }),
  ]);
  await cycle.run();
  expect([host.files.has(path), host.units.get('probe.service')?.enabled]).toEqual([true, true]);
  host.power.fault = () => {};
  await cycle.run();
  expect(host.snapshot()).toBe(before);
});

test('bytes that are gone keep their own file from coming back, and no other', async () => {
  const lost = host.files.get(CFG)!.content.sha256;
  const resources = [
    file(host, CFG, 'bad\n'),
    sysctl('net.ipv4.ip_forward', '1'),
    file(host, '/etc/new', 'x'),
  ];
  host.power.killWhen((_, where) => where === 'before health: gate');
  await cycle
    .commit(1, resources)
    .run()
    .catch(() => undefined);
  host.state.files.delete(`blobs/${lost}`);
  await cycle.restart();
  const { status } = await cycle.run();
  expect(status.outcome).toBe('stuck');
  expect([host.text(CFG), host.kernel.get('net/ipv4/ip_forward'), host.text('/etc/new')]).toEqual([
    'bad\n',
    '0',
    null,
  ]);
});

test('after a power cut, a daemon that came up with the new file reads the old one again', async () => {
  host.power.killWhen((_, where) => where === `before systemctl reload -- ${HAPROXY}`);
  await cycle
    .commit(1, [cfg()])
    .run()
    .catch(() => undefined);
  await cycle.restart(true);
  expect(host.units.get(HAPROXY)!.loaded).toBe(host.files.get(CFG)!.content.sha256);
  cycle.offline('The Git server does not answer.');
  await cycle.run();
  expect(host.text(CFG)).toBe('as found\n');
  expect(host.units.get(HAPROXY)!.loaded).toBe(host.files.get(CFG)!.content.sha256);
});

test('a daemon that ended again and again before may do so after it', async () => {
  host.unit(HAPROXY, true, true, { reads: [CFG], starting: true });
  host.power.fault = (what) => {
    if (what.includes('restart -- haproxy')) throw new Error('it ended again');
  };
  cycle.health.well();
  const { status } = await cycle.commit(1, [cfg()]).run();
  expect([status.outcome, host.text(CFG)]).toEqual(['rolled back', 'as found\n']);
});
