import { beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '../../../agent/host/host.ts';
import { parseConnections } from '../../../agent/resources/ufw-connections.ts';
import { ufw as kind } from '../../../agent/resources/ufw.ts';
import { FakeHost } from '../../support/fake-host.ts';
import { installUfw, type FakeUfw } from '../../support/fake-ufw.ts';
import { observeFirewall } from '../../support/ufw-kinds.ts';

let fake: FakeHost;
let ufw: FakeUfw;
/** Effects and pauses, in order. */
let host: Host;
beforeEach(() => {
  fake = new FakeHost();
  ufw = installUfw(fake);
  const open = fake.host();
  host = {
    ...open,
    live: { ...open.live!, pause: async (forMs) => void fake.log.push(`pause ${forMs}`) },
  };
});
const ON = { enabled: true, live: 'whole' };
const UP = ['write /etc/ufw/ufw.conf', 'ufw --force enable'];
const enable = (): Promise<void> => kind.enforce('host', ON, host);
const pauses = (): readonly string[] => fake.log.filter((line) => line.startsWith('pause'));

const spoke = (sinceMs: number | null, peer = '10.1.1.2:2380'): string =>
  `ESTAB 0 0 10.1.1.1:40000 ${peer} cubic rto:204 lastsnd:90000${sinceMs === null ? '' : ` lastrcv:${sinceMs}`} lastack:90000\n`;

describe('before ufw is enabled', () => {
  it('connections are tracked until each of them has spoken; the chain for it goes when ufw is up', async () => {
    await enable();
    const tracked = ['iptables', 'ip6tables'].flatMap((program) => [
      `${program} --wait 10 -N holdfast-track`,
      `${program} --wait 10 -A holdfast-track -m conntrack --ctstate INVALID -j RETURN`,
    ]);
    const untracked = ['iptables', 'ip6tables'].flatMap((program) => [
      `${program} --wait 10 -F holdfast-track`,
      `${program} --wait 10 -X holdfast-track`,
    ]);
    expect(fake.log).toEqual([...tracked, 'pause 500', 'pause 500', ...UP, ...untracked]);
  });

  it('one that last spoke before it was tracked is waited for', async () => {
    const answers = [spoke(null), spoke(null), spoke(700), spoke(1200), spoke(100)];
    fake.simulated.unshift((argv) =>
      argv.includes('-O') ? { exitCode: 0, stdout: answers.shift()!, stderr: '' } : null,
    );
    await enable();
    expect(answers).toEqual([]);
    expect(pauses()).toHaveLength(4);
    expect(await observeFirewall(host)).toEqual(ON);
  });

  it.each([
    ['that is silent', spoke(30_000)],
    ['of which the kernel does not say when it spoke', 'ESTAB 0 0 10.1.1.1:40000 10.1.1.2:2380\n'],
  ])('one %s is waited for no longer than 20 s', async (_what, line) => {
    ufw.connections = spoke(0, '10.1.1.3:22') + line;
    await enable();
    expect(pauses()).toHaveLength(40);
    expect(await observeFirewall(host)).toEqual(ON);
  });

  it('one that has been silent for more than a minute is not waited for: most likely nobody is there', async () => {
    ufw.connections = spoke(61_000);
    await enable();
    expect(pauses()).toHaveLength(1);
  });

  it('nothing is done where nobody is connected, or only this host with itself', async () => {
    for (const none of [
      '',
      `${spoke(1, '10.1.233.1:6443')}ESTAB 0 0 [::ffff:10.1.233.1]:6443 10.1.1.1:40000\n`,
    ]) {
      ufw.connections = none;
      await kind.enforce('host', { enabled: false, live: 'off' }, host);
      fake.log.length = 0;
      await enable();
      expect(fake.log).toEqual(UP);
    }
  });

  it('IPv6 connections do not count where ufw keeps no IPv6 rules', async () => {
    fake.put('/etc/default/ufw', 'IPV6=no\nDEFAULT_INPUT_POLICY="DROP"\nDEFAULT_OUTPUT_POLICY="ACCEPT"\n');
    ufw.connections =
      'ESTAB 0 0 [fd00::1]:40000 [fd00::2]:2380 cubic rto:204 lastrcv:99999 lastsnd:99999 lastack:99999\n';
    await enable();
    expect(fake.log.filter((line) => line.includes('holdfast-track'))).toEqual([]);
  });

  it.each([
    ['kube-proxy has its chains', '-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP\n'],
    [
      'a container network translates addresses',
      '-A FLANNEL-POSTRTG -s 10.244.0.0/16 -j MASQUERADE --random-fully\n',
    ],
  ])('nothing is done where %s: there all is tracked', async (_what, rule) => {
    for (const six of ['', '6'] as const)
      ufw.kernel[six] = ufw.kernel[six].replace('COMMIT', `${rule}COMMIT`);
    await enable();
    expect(fake.log).toEqual(UP);
  });

  it('the chain goes also when ufw cannot be enabled', async () => {
    fake.beforeEffect = (what) => {
      if (what === 'ufw --force enable') throw new Error('no space left on device');
    };
    await expect(enable()).rejects.toThrow('no space left');
    expect(await observeFirewall(host)).toEqual({ enabled: true, live: 'off' });
  });
});

describe('a connection as ss prints it', () => {
  it('is of IPv4 also on a socket for both families, and was silent since the latest of what came and went', () => {
    const text = [
      'ESTAB     0      0      [::ffff:10.1.1.1]:2380 [::ffff:10.1.1.2]:50000 cubic wscale:7,7 rto:204 lastsnd:400 lastrcv:90 lastack:85 minrtt:0.1   ',
      'ESTAB     0      0      [fd00::1]:22 [fd00::2]:50000 cubic rto:204 lastrcv:400 lastack:400',
      'FIN-WAIT-1 0     1      10.1.1.1:22 10.1.1.2:50001 cubic rto:204',
    ].join('\n');
    expect(parseConnections(text)).toEqual([
      { family: 'v4', local: '10.1.1.1:2380', peer: '10.1.1.2:50000', silentMs: 85 },
      { family: 'v6', local: '[fd00::1]:22', peer: '[fd00::2]:50000', silentMs: 0 },
    ]);
  });
});
