import { describe, expect, it } from 'vitest';
import { allAt, messages, probed } from '../support/cluster.ts';
import { HOSTS, lab, waitFor } from '../support/lab.ts';

const invocations = (): string[] =>
  HOSTS.map(
    (n) => lab.host(n).run(['systemctl', 'show', '-p', 'InvocationID', 'haproxy', 'keepalived']).stdout,
  );

describe('a commit', () => {
  it('reaches all three hosts, by reload, without one failed request', async () => {
    const before = invocations();
    const cursors = HOSTS.map((n) => lab.host(n).cursor());
    const {
      failures,
      requests,
      reasons,
      result: sha,
    } = await probed(async () => {
      const head = lab.commit(
        {
          'files/haproxy.cfg.eta': (old) => old.replace('inter 1s', 'inter 2s'),
          'defaults.yaml': (old) =>
            withRule(
              old.replace('sysctls:', 'sysctls:\n  net.ipv4.tcp_keepalive_time: 600'),
              'allow 9100/tcp',
            ),
        },
        'HAProxy checks every 2 s; keepalive after 10 min; a port for node_exporter',
      );
      await allAt(head);
      return head;
    });
    expect({ failures, reasons }).toEqual({ failures: 0, reasons: {} });
    expect(requests).toBeGreaterThan(50);
    expect(invocations()).toEqual(before);
    for (const [at, n] of HOSTS.entries()) {
      const host = lab.host(n);
      expect(host.read('/etc/haproxy/haproxy.cfg')).toContain('inter 2s');
      expect(host.run(['sysctl', '-n', 'net.ipv4.tcp_keepalive_time']).stdout.trim()).toBe('600');
      expect(host.run(['ufw', 'status']).stdout).toMatch(/^9100\/tcp\s+ALLOW/m);
      const said = host.journal(cursors[at]);
      expect(messages(said).join('\n')).toContain('systemctl reload haproxy.service');
      expect(said.some((entry) => entry['HOLDFAST_COMMIT'] === sha)).toBe(true);
    }
  });

  it('that takes a rule, a sysctl and nothing else away puts back what was there before', async () => {
    const sha = lab.commit(
      {
        'defaults.yaml': (old) =>
          old.replace('\n  net.ipv4.tcp_keepalive_time: 600', '').replace(/\n.*allow 9100\/tcp.*/, ''),
      },
      'No node_exporter after all',
    );
    await allAt(sha);
    for (const n of HOSTS) {
      const host = lab.host(n);
      expect(host.run(['sysctl', '-n', 'net.ipv4.tcp_keepalive_time']).stdout.trim()).toBe('7200');
      expect(host.run(['ufw', 'status']).stdout).not.toContain('9100');
      expect(host.shell('ls /etc/sysctl.d').stdout).not.toContain('tcp_keepalive_time');
    }
  });

  it('is followed at once after SIGHUP, which is what systemctl reload sends', async () => {
    const host = lab.host(1);
    const cursor = host.cursor();
    host.run(['systemctl', 'reload', 'holdfast']);
    await waitFor(
      'the journal to say so',
      () => messages(host.journal(cursor)),
      10_000,
      (said) => said.some((line) => line.includes('SIGHUP')),
    );
  });
});

/** A rule at the end of the list of rules. */
function withRule(yaml: string, rule: string): string {
  return yaml.replace(/^( *)rules:\s*$/m, (line, indent: string) => `${line}\n${indent}  - ${rule}`);
}
