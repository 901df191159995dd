import { beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '../../../agent/host/host.ts';
import { ufw as kind } from '../../../agent/resources/ufw.ts';
import { FakeHost } from '../../support/fake-host.ts';
import { installUfw, type FakeUfw } from '../../support/fake-ufw.ts';
import { convergeRules, observeFirewall, PLANNING } from '../../support/ufw-kinds.ts';

let fake: FakeHost;
let ufw: FakeUfw;
let host: Host;
beforeEach(async () => {
  fake = new FakeHost();
  ufw = installUfw(fake);
  // What is done about open connections is told in ufw-tracking.test.ts.
  ufw.connections = '';
  host = fake.host();
  await convergeRules({ rules: ['allow 22/tcp', 'limit 2380/tcp'] }, host);
});

const observe = () => observeFirewall(host);
const ON = { enabled: true, live: 'whole' };
const OFF = { enabled: false, live: 'off' };
const withoutPolicies = (log: readonly string[]): readonly string[] =>
  log.filter((line) => !line.includes(' -P '));

describe('the firewall', () => {
  it('is enabled and disabled, and needs nothing the second time', async () => {
    expect(await observe()).toEqual(OFF);
    for (const enabled of [true, false]) {
      const to = enabled ? ON : OFF;
      expect(kind.target({ enabled }, await observe(), PLANNING)).toEqual({ to });
      await kind.enforce('host', to, host);
      expect(await observe()).toEqual(to);
      const effects = fake.log.length;
      await kind.enforce('host', to, host);
      expect(fake.log.length).toBe(effects);
    }
  });

  it.each([
    [
      'a rule is gone from the kernel',
      (text: string) => text.replace('-A ufw-user-input -p tcp --dport 22 -j ACCEPT\n', ''),
    ],
    ['a rule was turned round', (text: string) => text.replace('--dport 22 -j ACCEPT', '--dport 22 -j DROP')],
    ['the chain is empty', (text: string) => text.replaceAll(/^-A ufw-user-input .*\n/gm, '')],
    ['nothing leads to it', (text: string) => text.replace('-A INPUT -j ufw-before-input\n', '')],
    ['the policy lets everybody in', (text: string) => text.replace(':INPUT DROP', ':INPUT ACCEPT')],
    [
      'an accept of before.rules is gone',
      (text: string) => text.replace('-A ufw-before-input -i lo -j ACCEPT\n', ''),
    ],
  ])('is drift when %s, in either family', async (_what, damage) => {
    for (const six of ['', '6'] as const) {
      await kind.enforce('host', ON, host);
      const whole = ufw.kernel[six];
      ufw.kernel[six] = damage(whole.replaceAll('ufw6', 'ufw')).replaceAll(
        /\bufw-/g,
        six === '' ? 'ufw-' : 'ufw6-',
      );
      expect(ufw.kernel[six]).not.toBe(whole);
      expect(await observe()).toEqual({ enabled: true, live: 'missing' });
      expect(kind.describe(await observe(), ON, {} as never).summary).toEqual([
        'load its chains again (some of them were gone from the kernel)',
      ]);
      ufw.kernel[six] = whole;
    }
  });

  it('is the same in the kernel’s spelling as in ufw’s', async () => {
    await kind.enforce('host', ON, host);
    ufw.kernel[''] = ufw.kernel['']
      .replace('-p tcp --dport 22 -j ACCEPT', '-p tcp -m tcp --dport 22 -j ACCEPT')
      .replace('-m recent --set', '-m recent --set --name DEFAULT --mask 255.255.255.255 --rsource');
    expect(await observe()).toEqual(ON);
  });

  it('lets everything through before ufw takes it down, for with its policies ufw would let nobody in meanwhile', async () => {
    await kind.enforce('host', ON, host);
    const before = fake.log.length;
    await kind.enforce('host', OFF, host);
    const told = fake.log.slice(before);
    const opened = ['iptables', 'ip6tables'].flatMap((program) =>
      ['INPUT', 'OUTPUT', 'FORWARD'].map((chain) => `${program} --wait 10 -P ${chain} ACCEPT`),
    );
    expect(told).toEqual([...opened, 'write /etc/ufw/ufw.conf', 'ufw --force disable']);
  });

  it('that was broken before is not broken again on the way back', async () => {
    expect(kind.settled({ enabled: true, live: 'missing' }, ON)).toBe(true);
    expect(kind.settled(ON, { enabled: true, live: 'missing' })).toBe(false);
    await kind.enforce('host', { enabled: true, live: 'missing' }, host);
    expect(await observe()).toEqual(ON);
  });

  it('is put back as it was even where file and kernel disagreed', async () => {
    for (const before of [
      { enabled: true, live: 'off' },
      { enabled: false, live: 'whole' },
    ] as const) {
      await kind.enforce('host', before, host);
      expect(await observe()).toEqual(before);
      await kind.enforce('host', ON, host);
      await kind.enforce('host', before, host);
      expect(await observe()).toEqual(before);
      expect(fake.text('/etc/ufw/ufw.conf')).toContain('LOGLEVEL=low');
    }
  });

  it('whose ufw.conf says ENABLED twice is put back in both lines: ufw takes the last', async () => {
    await kind.enforce('host', ON, host);
    fake.put('/etc/ufw/ufw.conf', 'ENABLED=yes\nLOGLEVEL=low\nENABLED=yes\n');
    const before = { enabled: false, live: 'whole' };
    await kind.enforce('host', before, host);
    expect(await observe()).toEqual(before);
  });

  it('has its ufw.conf written by us, whole or not at all: ufw writes it in place only where it says something else', async () => {
    for (const [to, told] of [
      [ON, 'enable'],
      [{ enabled: false, live: 'off' }, 'disable'],
    ] as const) {
      const before = fake.log.length;
      await kind.enforce('host', to, host);
      expect(withoutPolicies(fake.log.slice(before))).toEqual([
        'write /etc/ufw/ufw.conf',
        `ufw --force ${told}`,
      ]);
    }
  });

  it('whose ufw.conf a power cut has emptied gets the package’s own again, with what is asked for', async () => {
    const own = '# /etc/ufw/ufw.conf\n\nENABLED=no\n\n# off, low, medium, high, full\nLOGLEVEL=low\n';
    fake.put('/usr/share/ufw/ufw.conf', own);
    fake.put('/etc/ufw/ufw.conf', '', 0o600);
    expect(await observe()).toEqual({ enabled: false, live: 'off' });
    await kind.enforce('host', ON, host);
    expect(fake.text('/etc/ufw/ufw.conf')).toBe(own.replace('ENABLED=no', 'ENABLED=yes'));
    expect(fake.files.get('/etc/ufw/ufw.conf')!.mode).toBe(0o600);
  });

  it('whose ufw.conf neither says it nor ends with a line end keeps what it says', async () => {
    fake.put('/etc/ufw/ufw.conf', 'LOGLEVEL=low');
    await kind.enforce('host', ON, host);
    expect(fake.text('/etc/ufw/ufw.conf')).toBe('LOGLEVEL=low\nENABLED=yes\n');
  });

  it('that is installed without its ufw.conf is not taken for one that is not installed', async () => {
    fake.files.delete('/etc/ufw/ufw.conf');
    await expect(observe()).rejects.toThrow('/etc/ufw/ufw.conf is missing');
  });

  it('waits for ufw to be installed, and has nothing to do where it is not wanted', async () => {
    fake.files.delete('/usr/sbin/ufw');
    expect(await observe()).toBeNull();
    expect(kind.target({ enabled: true }, null, PLANNING)).toEqual({ waiting: 'ufw is not installed yet' });
    expect(kind.target({ enabled: false }, null, PLANNING)).toEqual({ to: null });
  });

  it('cannot be judged when the kernel does not answer: unknown is not off', async () => {
    fake.simulated.unshift((argv) =>
      argv[0] === 'iptables-save' ? { exitCode: 4, stdout: '', stderr: 'Permission denied\n' } : null,
    );
    await expect(observe()).rejects.toThrow(
      'What the firewall does cannot be seen: "iptables-save" exited with 4: Permission denied',
    );
  });

  it('of a host whose kernel has no IPv6 is judged by IPv4 alone', async () => {
    fake.kernel.delete('net/ipv6/conf/all/disable_ipv6');
    await kind.enforce('host', ON, host);
    ufw.kernel['6'] = 'nothing';
    expect(await observe()).toEqual(ON);
  });
});

describe('chains that ufw left without hooks', () => {
  const flush = (text: string): string => text.replaceAll(/^-A (INPUT|FORWARD|OUTPUT) .*\n/gm, '');

  it('are hooked in again before ufw is started, or it would shut everybody out', async () => {
    await kind.enforce('host', ON, host);
    ufw.kernel[''] = flush(ufw.kernel['']);
    const before = fake.log.length;
    fake.simulated.unshift((argv, at) => {
      if (argv[0] !== 'iptables') return null;
      at.log.push(argv.join(' '));
      return { exitCode: 0, stdout: '', stderr: '' };
    });
    await kind.enforce('host', ON, host);
    const told = withoutPolicies(fake.log.slice(before));
    expect(told.slice(0, 2)).toEqual(['write /etc/ufw/ufw.conf', 'ufw --force disable']);
    expect(told.slice(2, 8)).toEqual([
      'iptables --wait 10 -A INPUT -j ufw-before-logging-input',
      'iptables --wait 10 -A INPUT -j ufw-before-input',
      'iptables --wait 10 -A INPUT -j ufw-after-input',
      'iptables --wait 10 -A INPUT -j ufw-after-logging-input',
      'iptables --wait 10 -A INPUT -j ufw-reject-input',
      'iptables --wait 10 -A INPUT -j ufw-track-input',
    ]);
    expect(told).toHaveLength(4 + 3 * 6);
    expect(told.slice(-2)).toEqual(['write /etc/ufw/ufw.conf', 'ufw --force enable']);
  });
});
