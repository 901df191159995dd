import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { betweenCycles, messages, nextCycle, picture, statusOf } from '../support/cluster.ts';
import { lab, waitFor } from '../support/lab.ts';

const host = lab.host(2);
const units = /InvocationID=.*\n/g;
const withoutInvocations = (text: string): string => text.replace(units, '');

type Damage = readonly [what: string, resource: string, line: string];

/** Somebody does all this to the host; one cycle later it is as before, and the journal named each as drift. */
async function putsRight(damages: readonly Damage[]): Promise<void> {
  const before = withoutInvocations(picture(host));
  const cursor = host.cursor();
  betweenCycles(host, damages.map(([, , line]) => line).join('; '));
  await nextCycle(host);
  expect(withoutInvocations(picture(host))).toBe(before);
  const said = host.journal(cursor).filter((entry) => entry['HOLDFAST_EVENT'] === 'drift');
  const named = said.map((entry) => String(entry['HOLDFAST_RESOURCE']));
  expect(named.toSorted()).toEqual(damages.map(([, resource]) => resource).toSorted());
  for (const message of messages(said)) expect(message).toContain('drift put right');
}

/**
 * Opened while ufw is off, so that nothing tracks it, and from then on only the other end speaks, as an etcd that leads
 * does. Without descriptor 3: that is the lock.
 */
const FOLLOW = `(setsid node -e 'require("net").connect(2379, "10.1.1.1").on("data", (all) => require("fs").appendFileSync("/run/lab-heard", all))' >/dev/null 2>&1 3>&- &)`;
const SPEAK = `setsid node -e 'require("net").createServer((to) => setInterval(() => to.write("."), 700)).listen(2379, "10.1.1.1")' >/dev/null 2>&1 & echo $! >/run/lab-speaker`;

/** Each change is watched for ten seconds afterwards, so what can be put right together is broken together. */
const AT_ONCE: readonly (readonly Damage[])[] = [
  [
    ['a changed file', 'file[/etc/haproxy/haproxy.cfg]', 'echo "# mine" >> /etc/haproxy/haproxy.cfg'],
    ["a file's mode", 'file[/etc/keepalived/keepalived.conf]', 'chmod 0644 /etc/keepalived/keepalived.conf'],
    ['a sysctl', 'sysctl[net.ipv4.ip_nonlocal_bind]', 'sysctl -qw net.ipv4.ip_nonlocal_bind=0'],
    ['a deleted ufw rule', 'ufw-rules[host]', 'ufw delete allow 6443/tcp'],
    ['a disabled unit', 'unit[keepalived.service]', 'systemctl disable keepalived'],
  ],
  [
    ['a file that is gone', 'file[/etc/haproxy/haproxy.cfg]', 'rm /etc/haproxy/haproxy.cfg'],
    ['ufw disabled', 'ufw[host]', `ufw disable; ${FOLLOW}`],
    ['a stopped unit', 'unit[haproxy.service]', 'systemctl stop haproxy'],
  ],
  [
    // The other file: what drifts a fourth time within an hour is contested.
    [
      "a file's owner",
      'file[/etc/keepalived/keepalived.conf]',
      'chown haproxy:haproxy /etc/keepalived/keepalived.conf',
    ],
    ["ufw's chains flushed", 'ufw[host]', 'iptables -P INPUT ACCEPT; iptables -F; iptables -X'],
  ],
];

describe('drift on a host is put right within one cycle and named in the log', () => {
  beforeAll(() => void lab.host(1).shell(SPEAK));
  // Whom it spoke to ends with it.
  afterAll(() => void lab.host(1).shell('kill $(cat /run/lab-speaker)'));
  for (const damages of AT_ONCE) it(damages.map(([what]) => what).join(', '), () => putsRight(damages));

  it('and a connection that was opened while ufw was off goes on when it is on again', async () => {
    const heard = (): number => host.read('/run/lab-heard').length;
    const before = heard();
    await waitFor('more of the open connection', () => heard() > before + 3, 20_000);
  });
});

describe('what is not ours', () => {
  it('a foreign ufw rule stays, also one equal to ours but for its comment', async () => {
    betweenCycles(host, "ufw allow 8080/tcp comment mine; ufw allow 6443/tcp comment 'my own words'");
    const rules = (): string => host.run(['ufw', 'status', 'numbered']).stdout;
    const before = rules();
    const status = await nextCycle(host);
    expect(status.outcome).toBe('in desired state');
    expect(rules()).toBe(before);
    betweenCycles(host, 'ufw delete allow 8080/tcp; ufw delete allow 6443/tcp');
    await nextCycle(host);
    expect(rules()).toMatch(/6443\/tcp\s+ALLOW IN\s+Anywhere\s+# holdfast/);
  });

  it('a foreign file beside a managed one stays', async () => {
    host.write('/etc/haproxy/mine.map', 'a b\n');
    await nextCycle(host);
    expect(host.read('/etc/haproxy/mine.map')).toBe('a b\n');
    host.run(['rm', '/etc/haproxy/mine.map']);
  });

  it('a masked unit is left alone, and it is said once', async () => {
    const cursor = host.cursor();
    betweenCycles(host, 'systemctl mask --now haproxy');
    try {
      await nextCycle(host);
      await nextCycle(host);
      expect(host.shell('systemctl is-enabled haproxy', { allowFail: true }).stdout.trim()).toBe('masked');
      expect(statusOf(host).waiting).toEqual([
        { id: 'unit[haproxy.service]', why: expect.stringContaining('masked') as string },
      ]);
      const said = messages(host.journal(cursor)).filter(
        (line) => line.includes('unit[haproxy.service]') && line.includes('masked'),
      );
      expect(said).toHaveLength(1);
    } finally {
      betweenCycles(host, 'systemctl unmask haproxy');
    }
    await nextCycle(host);
    expect(host.run(['systemctl', 'is-active', 'haproxy']).stdout.trim()).toBe('active');
  });
});
