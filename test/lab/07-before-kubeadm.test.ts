import { afterAll, describe, expect, it } from 'vitest';
import { allAt, CYCLES_MS, messages, reportOf } from '../support/cluster.ts';
import { lab, waitFor } from '../support/lab.ts';

const host = lab.host(3);

describe('a host before kubeadm', () => {
  afterAll(async () => {
    host.fresh();
    await allAt(lab.head());
  });

  it('names what waits for ca.crt and converges the rest; with ca.crt it converges whole', async () => {
    host.fresh({ bare: true });
    host.shell('mkdir /root/later && mv /etc/kubernetes/pki/ca.crt /etc/kubernetes/manifests /root/later/');
    host.start();
    const status = await waitFor(
      'the host to wait',
      () => reportOf(host),
      CYCLES_MS,
      (s) => s.waiting.length > 0 && s.outcome === 'in desired state',
    );
    expect(status.waiting.find(({ id }) => id === 'file[/etc/haproxy/haproxy.cfg]')?.why).toContain(
      '/etc/kubernetes/pki/ca.crt',
    );
    expect(messages(host.journal()).join('\n')).toMatch(
      /file\[\/etc\/haproxy\/haproxy\.cfg\] waits for .*ca\.crt/,
    );
    expect(host.run(['sysctl', '-n', 'net.ipv4.ip_nonlocal_bind']).stdout.trim()).toBe('1');
    expect(host.run(['ufw', 'status']).stdout).toContain('Status: active');
    expect(lab.owners()).not.toContain(3);

    host.shell('mv /root/later/ca.crt /etc/kubernetes/pki/ && mv /root/later/manifests /etc/kubernetes/');
    await waitFor(
      'nothing to wait',
      () => reportOf(host),
      CYCLES_MS,
      (s) => s.waiting.length === 0 && s.outcome === 'in desired state',
    );
    expect(host.run(['systemctl', 'is-active', 'keepalived']).stdout.trim()).toBe('active');
    expect(messages(host.journal()).join('\n')).toContain(
      'file[/etc/haproxy/haproxy.cfg] is no longer held back',
    );
  });
});
