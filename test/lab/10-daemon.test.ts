import { afterAll, describe, expect, it } from 'vitest';
import { allAt, CYCLES_MS, reportOf, statusOf } from '../support/cluster.ts';
import { SLOW_UNIT } from '../support/interrupted.ts';
import { lab, waitFor } from '../support/lab.ts';

const host = lab.host(3);

describe('the daemon', () => {
  afterAll(async () => {
    host.shell('rm -f /run/go-on; systemctl start holdfast');
    await allAt(lab.head());
  });

  it('lets a running apply end when it is told to stop, and judges it when it is started again', async () => {
    const before = lab.git('show', 'HEAD:hosts/kubernetes-node-3.yaml');
    const sha = lab.commit({ 'hosts/kubernetes-node-3.yaml': SLOW_UNIT }, 'A unit that takes its time');
    const state = (unit: string): string =>
      host.run(['systemctl', 'show', '-p', 'ActiveState', '--value', unit]).stdout.trim();
    await waitFor(
      'the slow unit to be starting',
      () => state('slow'),
      CYCLES_MS,
      (now) => now === 'activating',
    );
    host.run(['systemctl', 'stop', '--no-block', 'holdfast']);
    await waitFor(
      'the daemon to be stopping',
      () => state('holdfast'),
      10_000,
      (now) => now === 'deactivating',
    );
    host.shell('touch /run/go-on');
    await waitFor(
      'the daemon to have stopped',
      () => state('holdfast'),
      30_000,
      (now) => now === 'inactive',
    );
    expect(state('slow')).toBe('active');
    host.run(['systemctl', 'start', 'holdfast']);
    await allAt(sha, [3]);
    await allAt(lab.commit({ 'hosts/kubernetes-node-3.yaml': `${before}\n` }, 'No slow unit'));
    expect(state('slow')).toBe('inactive');
    expect(host.exists('/etc/systemd/system/slow.service')).toBe(false);
  });

  it('is started again by systemd when it is killed, and goes on', async () => {
    const pid = host.run(['systemctl', 'show', '-p', 'MainPID', '--value', 'holdfast']).stdout.trim();
    const { atMs } = statusOf(host);
    host.run(['kill', '-9', pid]);
    await waitFor(
      'another cycle',
      () => reportOf(host),
      CYCLES_MS,
      (status) => status.atMs > atMs + 1_000,
    );
    expect(host.run(['systemctl', 'show', '-p', 'MainPID', '--value', 'holdfast']).stdout.trim()).not.toBe(
      pid,
    );
  });
});

describe('a commit with a unit that does not start', () => {
  it('is taken back, and does not keep drift of anything else from being put right', async () => {
    const before = lab.git('show', 'HEAD:hosts/kubernetes-node-3.yaml');
    lab.commit(
      {
        'hosts/kubernetes-node-3.yaml': `files:
  /etc/systemd/system/bad.service: { content: "[Service]\\nType=oneshot\\nExecStart=/bin/false\\n" }
units: { bad.service: { running: true } }
`,
      },
      'A unit that fails',
    );
    const status = await waitFor(
      'it to be taken back',
      () => reportOf(host),
      CYCLES_MS,
      (s) => s.outcome === 'refused',
    );
    expect(status.refused!.reasons.join()).toContain('unit[bad.service]');
    expect(host.exists('/etc/systemd/system/bad.service')).toBe(false);
    host.run(['systemctl', 'stop', 'haproxy']);
    const state = (): string =>
      host.run(['systemctl', 'show', '-p', 'ActiveState', '--value', 'haproxy']).stdout.trim();
    await waitFor('HAProxy to be started again', state, CYCLES_MS, (now) => now === 'active');
    await allAt(lab.commit({ 'hosts/kubernetes-node-3.yaml': `${before}\n` }, 'No such unit'));
  });
});

describe('an image at rest', () => {
  it('gets its files, and what needs a running system waits for the first boot', () => {
    host.shell(
      'mkdir -p /root/image/etc && cp /etc/passwd /etc/group /root/image/etc/ && echo kubernetes-node-2 > /root/image/etc/hostname',
    );
    // As the template is shipped nobody can read its password; an image has no key, and so gets one in clear text.
    host.shell(
      'cp -r /usr/share/holdfast/desired-state /root/desired && sed -i "s/authPass: .*/authPass: image123/" /root/desired/cluster.yaml',
    );
    const converge = (): { exitCode: number; stdout: string } =>
      host.run(['holdfast', 'converge', '--root', '/root/image', '--from', '/root/desired'], {
        allowFail: true,
      });
    expect(converge()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('waiting') as string });
    expect(host.read('/root/image/etc/systemd/system/keepalived.service.d/vip.conf')).toContain('10.1.233.1');
    expect(host.shell('cat /root/image/etc/sysctl.d/*ip_forward.conf').stdout).toContain(
      'net.ipv4.ip_forward = 1',
    );
    const plan = host.run(['holdfast', 'plan', '--root', '/root/image', '--from', '/root/desired'], {
      allowFail: true,
    });
    expect(plan.exitCode).toBe(0);
    expect(plan.stdout).toMatch(/unit\[haproxy\.service\]: .*first boot/);
    host.run(['rm', '-r', '/root/image', '/root/desired']);
  });
});
