import { describe, expect, it, onTestFinished } from 'vitest';
import { ALIVE, balancer, onLoopback, ownPath, untilHeldBy } from '../support/balancer.ts';
import { allAt } from '../support/cluster.ts';
import { HOSTS, lab } from '../support/lab.ts';
import {
  clusterWith,
  expectOneOwner,
  HARDENED,
  inSeconds,
  movedTogether,
  movingTogether,
  SOON_S,
} from '../support/lockstep.ts';
import { pushed, vipIsBack } from '../support/try-out.ts';

/** From the lesson's values to the hardened profile and back; nginx in HAProxy's place. In turns, and wrong: npm run soak. */

movingTogether();

const keepalivedConf = (n: number): string => lab.host(n).read('/etc/keepalived/keepalived.conf');
const preempt = (is: boolean) => ({
  'cluster.yaml': (old: string) => old.replace(/preempt: \w+/, `preempt: ${is}`),
});

describe('the hardened profile', () => {
  it('is one commit away: all hosts move at one moment, and nothing is asked by a script any more', async () => {
    const owners = await movedTogether('the hardened profile', {
      'cluster.yaml': clusterWith(HARDENED, inSeconds(SOON_S)),
    });
    expectOneOwner(owners);
    await untilHeldBy([1]);
    for (const n of HOSTS) {
      const host = lab.host(n);
      expect(keepalivedConf(n)).toMatch(/vrrp_version 3[^]*priority (250|200|150)\n[^]*unicast_peer \{/);
      expect(keepalivedConf(n)).not.toMatch(/auth_pass \w|vrrp_script/);
      expect(host.read(ALIVE).trim()).toBe('0');
      expect(ownPath(host)).toBe('ok');
      expect([onLoopback(host, '/live'), onLoopback(host, '/ready')]).toEqual(['live', 'ready']);
      expect(onLoopback(host, '/metrics')).toMatch(/^haproxy_process_/m);
    }
  });

  it('leaves one holder of the virtual IP whatever dies, and the cluster as it was', () => {
    const rows = lab.faults(['balancer-stopped', 'keepalived-killed']);
    expect(rows).toMatch(/^haproxy stopped on MASTER .* 1$/m);
    expect(rows).toMatch(/^keepalived killed -9 on MASTER .* 1$/m);
    expect(lab.owners()).toEqual([1]);
  });

  it('a host that boots says no until its load balancer runs; at any other time nothing is said for it', () => {
    const host = lab.host(3);
    const tmpfiles = (...how: string[]): string => {
      host.run(['rm', '-f', ALIVE]);
      host.run(['systemd-tmpfiles', '--create', ...how, 'vip.conf']);
      return host.exists(ALIVE) ? host.read(ALIVE).trim() : 'nothing';
    };
    expect([tmpfiles(), tmpfiles('--boot')]).toEqual(['nothing', '-254']);
    host.run(['systemctl', 'restart', 'haproxy']);
    expect(host.read(ALIVE).trim()).toBe('0');
  });

  it('without preempt: whoever has the virtual IP keeps it until it fails', async () => {
    await allAt(pushed(preempt(false), 'Nobody takes it back'));
    onTestFinished(async () => {
      await allAt(pushed(preempt(true), 'The first takes it back'));
      await vipIsBack();
    });
    lab.host(1).run(['systemctl', 'restart', 'keepalived']);
    await untilHeldBy([2, 3]);
    const [holder] = lab.owners();
    // Its agent has been through its cycles, and keepalived through its timers.
    await allAt(lab.head());
    expect(lab.owners()).toEqual([holder]);
    lab.host(holder!).run(['systemctl', 'restart', 'haproxy']);
    await untilHeldBy(HOSTS.filter((n) => n !== holder));
  });
});

describe('nginx in place of HAProxy', () => {
  it('is one commit there and one back, also where apt has started it, and each time the other one is off', async () => {
    // On this host as Debian's package leaves it: enabled, and serving its own page.
    const debians = lab.host(3);
    debians.run(['systemctl', 'enable', '--now', 'nginx']);
    onTestFinished(() => void debians.run(['systemctl', 'disable', '--now', 'nginx']));
    const page = (): string => debians.shell('curl -sS http://127.0.0.1:80/ || true').stdout;
    const shown = page();
    expect(shown).toContain('nginx');
    await allAt(pushed(balancer('nginx'), 'nginx in place of HAProxy'));
    await untilHeldBy([1]);
    for (const n of HOSTS) {
      const host = lab.host(n);
      const units = host.shell('systemctl is-active nginx haproxy; systemctl is-enabled nginx haproxy', {
        allowFail: true,
      });
      expect(units.stdout.trim().split('\n')).toEqual(['active', 'inactive', 'enabled', 'disabled']);
      expect(host.run(['systemctl', 'show', '-p', 'Restart', 'nginx']).stdout).toBe('Restart=always\n');
      expect([ownPath(host), onLoopback(host, '/live'), host.read(ALIVE).trim()]).toEqual([
        'ok',
        'live',
        '0',
      ]);
    }
    expect(lab.faults(['balancer-killed'])).toMatch(/^nginx killed -9 on MASTER .* 1$/m);
    await allAt(pushed(balancer('haproxy'), 'HAProxy again'));
    await untilHeldBy([1]);
    for (const n of HOSTS) {
      const units = lab.host(n).shell('systemctl is-active haproxy nginx', { allowFail: true });
      expect(units.stdout.trim().split('\n')).toEqual(['active', n === debians.n ? 'active' : 'inactive']);
      expect(ownPath(lab.host(n))).toBe('ok');
    }
    // What it was when it was first seen.
    expect(page()).toBe(shown);
  });
});
