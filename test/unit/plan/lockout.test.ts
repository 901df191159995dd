import { beforeEach, describe, expect, it } from 'vitest';
import { lockout, type LockoutAsked } from '../../../agent/plan/lockout.ts';
import { lockoutGuard } from '../../../agent/plan/lockout-guard.ts';
import type { Plan } from '../../../agent/plan/change.ts';
import { ufwRules } from '../../../agent/resources/ufw-rules.ts';
import { ufw as firewall } from '../../../agent/resources/ufw.ts';
import { FakeHost } from '../../support/fake-host.ts';
import { installUfw, type FakeUfw } from '../../support/fake-ufw.ts';
import { planRules } from '../../support/ufw-kinds.ts';

/** kubernetes-node-1, 10.1.1.1, with two peers; somebody is logged in from 10.1.0.254. */
const LISTEN = [
  'LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=700,fd=3))',
  'LISTEN 0 128 [::]:22 [::]:* users:(("sshd",pid=700,fd=4))',
  'LISTEN 0 4096 10.1.1.1:2379 0.0.0.0:* users:(("etcd",pid=800,fd=7))',
  'LISTEN 0 4096 127.0.0.1:2379 0.0.0.0:* users:(("etcd",pid=800,fd=8))',
  'LISTEN 0 4096 10.1.1.1:2380 0.0.0.0:* users:(("etcd",pid=800,fd=9))',
  'LISTEN 0 4096 *:10250 *:* users:(("kubelet",pid=900,fd=9))',
  'LISTEN 0 4096 127.0.0.1:10248 0.0.0.0:* users:(("kubelet",pid=900,fd=8))',
  'LISTEN 0 4096 10.1.233.1:6443 0.0.0.0:* users:(("haproxy",pid=950,fd=8))',
];
const SESSION = 'ESTAB 0 0 10.1.1.1:22 10.1.0.254:51234 users:(("sshd-session",pid=1200,fd=4))';

let fake: FakeHost;
let ufw: FakeUfw;
let sockets: string[];
let units: string;
beforeEach(() => {
  fake = new FakeHost();
  ufw = installUfw(fake);
  sockets = [...LISTEN, SESSION];
  units =
    'Id=ssh.socket\nActiveState=inactive\nListen=0.0.0.0:22 (Stream)\n\nId=keepalived.service\nActiveState=active';
  fake.simulated.push((argv) => {
    if (argv[0] === 'ss') return { exitCode: 0, stdout: `${sockets.join('\n')}\n`, stderr: '' };
    if (argv[0] === 'systemctl') return { exitCode: 0, stdout: units, stderr: '' };
    return argv[0] === 'sshd'
      ? { exitCode: 0, stdout: 'port 22\nlistenaddress [::]:22\n', stderr: '' }
      : null;
  });
});

const GOOD = [
  'allow 22/tcp',
  'allow 6443/tcp',
  'allow from 10.1.0.0/16 to any port 2379:2380 proto tcp',
  'allow from 10.1.0.0/16 to any port 10250 proto tcp',
  'allow in on eth0 proto vrrp from 10.1.0.0/16 to 224.0.0.18',
];
const without = (text: string): readonly string[] => GOOD.filter((rule) => !rule.includes(text));

const planned = (rules: readonly string[]) => planRules({ rules }, fake.host());
async function has(rules: readonly string[], enabled = true): Promise<void> {
  await ufwRules.enforce('host', await planned(rules), fake.host());
  if (enabled) await firewall.enforce('host', { enabled: true, live: 'whole' }, fake.host());
}
async function judge(
  asked: Partial<LockoutAsked> & { readonly rules?: readonly string[] },
): Promise<readonly string[]> {
  const { rules, ...rest } = asked;
  const said = await lockout({
    reader: fake.host(),
    addresses: new Map([
      ['lo', ['127.0.0.1', '::1']],
      ['eth0', ['10.1.1.1', 'fd00::1']],
      ['wlan0', ['192.168.7.5']],
    ]),
    interface: 'eth0',
    vip: '10.1.233.1',
    peers: ['10.1.1.2', '10.1.1.3'],
    apiPort: 6443,
    vrrp: { transport: 'multicast', peers: ['10.1.1.2', '10.1.1.3'], coming: false },
    ...(rules === undefined ? {} : { rulesAfter: await planned(rules) }),
    ...rest,
  });
  return said.map(({ why }) => why);
}
const enabling = (rules: readonly string[]): Promise<readonly string[]> =>
  judge({ rules, enabledAfter: true });

describe('a plan that enables ufw', () => {
  it('goes on when everybody who needs it is let in', async () => {
    expect(await enabling(GOOD)).toEqual([]);
  });

  it('goes on when peers are let in to the node alone, which has the virtual IP now: there only the API is asked', async () => {
    const addresses = new Map([['eth0', ['10.1.1.1', '10.1.233.1']]]);
    const api = 'LISTEN 0 4096 *:6443 *:* users:(("haproxy",pid=950,fd=8))';
    sockets = [...LISTEN.filter((line) => !line.includes('haproxy')), api, SESSION];
    const rest = without('10250').filter((rule) => !rule.includes('6443'));
    const narrow = 'allow from 10.1.0.0/16 to 10.1.1.1 port 10250 proto tcp';
    const rules = [...rest, narrow, 'allow 6443/tcp'];
    expect(await judge({ rules, enabledAfter: true, addresses })).toEqual([]);
    const closed = [...rest, narrow, 'allow to 10.1.1.1 port 6443 proto tcp'];
    const [said] = await judge({ rules: closed, enabledAfter: true, addresses });
    expect(said).toContain('would close port 6443/tcp');
  });

  it('is refused when it would close SSH to somebody who is logged in', async () => {
    expect(await enabling(without('22/tcp'))).toEqual([
      'ufw would close port 22/tcp (SSH) to 10.1.0.254, logged in now: no rule allows it. Add the rule "allow from 10.1.0.254 to any port 22 proto tcp", or one that covers it.',
    ]);
  });

  it('is refused when it would cut etcd, and names both peers and the rules', async () => {
    expect(await enabling(without('2379:2380'))).toEqual([
      'ufw would close port 2379/tcp (etcd) to 10.1.1.2 and 10.1.1.3, now let through: no rule allows it. Add the rules "allow from 10.1.1.2 to any port 2379 proto tcp" and "allow from 10.1.1.3 to any port 2379 proto tcp", or one that covers them.',
      'ufw would close port 2380/tcp (etcd) to 10.1.1.2 and 10.1.1.3, now let through: no rule allows it. Add the rules "allow from 10.1.1.2 to any port 2380 proto tcp" and "allow from 10.1.1.3 to any port 2380 proto tcp", or one that covers them.',
    ]);
  });

  it.each([
    ['the kubelet', '10250', 'port 10250/tcp (kubelet)'],
    ['the API at the VIP', '6443', 'port 6443/tcp (the Kubernetes API)'],
    ['VRRP', 'vrrp', 'close VRRP to 10.1.1.2 and 10.1.1.3'],
  ])('is refused when it would close %s', async (_what, gone, said) => {
    const sentences = await enabling(without(gone));
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toContain(said);
  });

  it('names the rule for VRRP as ufw wants it, for unicast too', async () => {
    expect((await enabling(without('vrrp')))[0]).toContain(
      '"allow in on eth0 proto vrrp from 10.1.1.2 to 224.0.0.18"',
    );
    const unicast = { transport: 'unicast', peers: ['10.1.1.2'], coming: false } as const;
    const said = await judge({ rules: GOOD, enabledAfter: true, vrrp: unicast });
    expect(said[0]).toContain('"allow in on eth0 proto vrrp from 10.1.1.2 to 10.1.1.1"');
  });

  describe('and lets no VRRP out, of which a BACKUP shows nothing until it is MASTER,', () => {
    const OUT = 'ufw would keep VRRP from going out to 224.0.0.18, now let through: ';
    it.each([
      ['deny out proto vrrp to any', 'the rule "deny out to any proto vrrp" comes first'],
      ['reject out on eth0', 'the rule "reject out on eth0" comes first'],
    ])('is refused: %s', async (rule, why) => {
      expect(await enabling([...GOOD, rule])).toEqual([
        `${OUT}${why}. Add the rule "allow out on eth0 proto vrrp to 224.0.0.18" before it, or one that covers it.`,
      ]);
      expect(await enabling([...GOOD, 'allow out on eth0 proto vrrp to 224.0.0.18', rule])).toEqual([]);
    });
    it('is refused where ufw drops what goes out, and goes on where it may', async () => {
      fake.put('/etc/default/ufw', 'IPV6=yes\nDEFAULT_INPUT_POLICY="DROP"\nDEFAULT_OUTPUT_POLICY="DROP"\n');
      expect(await enabling(GOOD)).toEqual([
        `${OUT}no rule allows it. Add the rule "allow out on eth0 proto vrrp to 224.0.0.18", or one that covers it.`,
      ]);
      expect(await enabling([...GOOD, 'allow out proto vrrp to 224.0.0.0/4'])).toEqual([]);
    });
    it('goes on where the rule is for another interface, protocol or direction', async () => {
      const others = [
        'deny out on wlan0',
        'deny out proto tcp to 224.0.0.18',
        'deny in on eth0 from 10.9.0.0/16',
      ];
      expect(await enabling([...others, ...GOOD])).toEqual([]);
    });
    it('speaks of each peer where they are spoken to one by one', async () => {
      const vrrp = { transport: 'unicast', peers: ['10.1.1.2', '10.1.1.3'], coming: false } as const;
      const own = 'allow in on eth0 proto vrrp from 10.1.0.0/16 to 10.1.1.1';
      const said = await judge({ rules: [...GOOD, own, 'deny out to 10.1.1.3'], enabledAfter: true, vrrp });
      expect(said).toEqual([
        expect.stringMatching(/^ufw would keep VRRP from going out to 10\.1\.1\.3, now/),
      ]);
    });
  });

  it('needs VRRP only where keepalived runs or is about to', async () => {
    units = 'Id=keepalived.service\nActiveState=inactive';
    expect(await enabling(without('vrrp'))).toEqual([]);
    const coming = { transport: 'multicast', peers: ['10.1.1.2'], coming: true } as const;
    expect(await judge({ rules: without('vrrp'), enabledAfter: true, vrrp: coming })).toHaveLength(1);
    expect(await judge({ rules: without('vrrp'), enabledAfter: true, vrrp: null })).toEqual([]);
  });

  it('is refused although an allow is there, when an earlier deny counts first', async () => {
    const [said] = await enabling(['deny from 10.1.1.3 to any port 2380 proto tcp', ...GOOD]);
    expect(said).toBe(
      'ufw would close port 2380/tcp (etcd) to 10.1.1.3, now let through: the rule "deny from 10.1.1.3 to any port 2380 proto tcp" comes first. Write "allow from 10.1.1.3 to any port 2380 proto tcp" in its place, or one that covers it.',
    );
    expect(await enabling([...GOOD, 'deny from 10.1.1.3 to any port 2380 proto tcp'])).toEqual([]);
  });

  it('counts a limit as an allow, and an allow for other addresses as none', async () => {
    expect(await enabling(['limit 22/tcp', ...without('22/tcp')])).toEqual([]);
    expect(
      await enabling(['allow from 10.2.0.0/16 to any port 22 proto tcp', ...without('22/tcp')]),
    ).toHaveLength(1);
    expect(await enabling(['allow in on wlan0 to any port 22 proto tcp', ...without('22/tcp')])).toHaveLength(
      1,
    );
  });

  it('counts what the user’s own rules, profiles and before.rules allow', async () => {
    fake.put('/etc/ufw/applications.d/ssh', '[OpenSSH]\nports=22/tcp\n');
    expect(await enabling(['allow OpenSSH', ...without('22/tcp')])).toEqual([]);
    const before = fake.text('/etc/ufw/before.rules')!;
    fake.put(
      '/etc/ufw/before.rules',
      before.replace('COMMIT', '-A ufw-before-input -p vrrp -d 224.0.0.18 -j ACCEPT\nCOMMIT'),
    );
    expect(await enabling(without('vrrp'))).toEqual([]);
  });

  it('goes on when ufw lets in what no rule names', async () => {
    fake.put('/etc/default/ufw', 'IPV6=yes\nDEFAULT_INPUT_POLICY="ACCEPT"\nDEFAULT_OUTPUT_POLICY="ACCEPT"\n');
    expect(await enabling([])).toEqual([]);
  });
});

describe('SSH, with nobody logged in', () => {
  beforeEach(() => {
    sockets = [...LISTEN];
  });
  const nobody =
    'ufw would close SSH (port 22) to everybody, and this host could no longer be reached: no rule allows it. Add the rule "allow 22/tcp", or one that allows the addresses you log in from.';

  const closedBy = (rule: string): string =>
    `ufw would close SSH (port 22) to everybody, and this host could no longer be reached: the rule "${rule}" closes it. Write "allow 22/tcp" in its place, or allow the addresses you log in from before it.`;

  it('names the rule that closes it', async () => {
    await has(GOOD);
    expect(await judge({ rules: ['deny 22/tcp', ...without('22/tcp')] })).toEqual([closedBy('deny 22/tcp')]);
  });

  it('must be left open to somebody', async () => {
    expect(await enabling(without('22/tcp'))).toEqual([nobody]);
    expect(await enabling(GOOD)).toEqual([]);
    expect(
      await enabling(['allow from 192.168.7.0/24 to any port 22 proto tcp', ...without('22/tcp')]),
    ).toEqual([]);
    expect(await enabling(['allow in on wlan0 to any port 22 proto tcp', ...without('22/tcp')])).toEqual([]);
  });

  it('is closed when an earlier deny swallows the only allow', async () => {
    expect(
      await enabling([
        'deny from 10.0.0.0/8 to any port 22 proto tcp',
        'allow from 10.1.0.0/16 to any port 22 proto tcp',
        ...without('22/tcp'),
      ]),
    ).toEqual([closedBy('deny from 10.0.0.0/8 to any port 22 proto tcp')]);
    expect(
      await enabling([
        'deny from 10.1.0.0/16 to any port 22 proto tcp',
        'allow from 10.0.0.0/8 to any port 22 proto tcp',
        ...without('22/tcp'),
      ]),
    ).toEqual([]);
  });

  it('is open when the deny leaves some of those whom the allow means', async () => {
    const deny = 'deny from 172.16.0.0/16 to any port 22 proto tcp';
    const allow = 'allow from 172.16.0.0/12 to any port 22 proto tcp';
    expect(await enabling([deny, allow, ...without('22/tcp')])).toEqual([]);
  });

  it('that was closed to everybody before is not this plan’s doing', async () => {
    await has(without('22/tcp'));
    expect(await judge({ rules: [...without('22/tcp'), 'allow 8080/tcp'] })).toEqual([]);
  });

  it('is found at the port that systemd listens on for it, and at the one that sshd is set to', async () => {
    sockets = ['LISTEN 0 128 *:2222 *:* users:(("systemd",pid=1,fd=3))'];
    units = 'Id=ssh.socket\nActiveState=active\nListen=[::]:2222 (Stream)';
    expect(await enabling(['allow 22/tcp'])).toEqual([
      nobody.replace('port 22', 'port 2222').replace('22/tcp', '2222/tcp'),
    ]);
    expect(await enabling(['allow 2222/tcp'])).toEqual([]);
    sockets = [];
    units = '';
    fake.put('/usr/sbin/sshd', '');
    expect(await enabling(['allow 2222/tcp'])).toEqual([nobody]);
  });

  it('over IPv6 counts as open', async () => {
    expect(await enabling(['allow from fd00::/8 to any port 22 proto tcp', ...without('22/tcp')])).toEqual(
      [],
    );
  });
});

describe('a session over IPv6', () => {
  it('is protected like one over IPv4', async () => {
    sockets = [...LISTEN, 'ESTAB 0 0 [fd00::1]:22 [fd00::99]:51234 users:(("sshd-session",pid=1,fd=4))'];
    const [said] = await enabling(['allow from 10.0.0.0/8 to any port 22 proto tcp', ...without('22/tcp')]);
    expect(said).toContain('to fd00::99, logged in now');
  });

  it('that IPV6=no would shut is protected, too', async () => {
    fake.put('/etc/default/ufw', 'IPV6=no\nDEFAULT_INPUT_POLICY="DROP"\nDEFAULT_OUTPUT_POLICY="ACCEPT"\n');
    sockets = [...LISTEN, 'ESTAB 0 0 [fd00::1]:22 [fd00::99]:51234 users:(("sshd-session",pid=1,fd=4))'];
    expect(await enabling(GOOD)).toHaveLength(1);
  });

  it('with a mapped address is one over IPv4', async () => {
    sockets = [
      ...LISTEN,
      'ESTAB 0 0 [::ffff:10.1.1.1]:22 [::ffff:10.1.0.254]:51234 users:(("sshd",pid=1,fd=4))',
    ];
    expect(await enabling(GOOD)).toEqual([]);
    expect((await enabling(without('22/tcp')))[0]).toContain('10.1.0.254');
  });
});

describe('a plan that changes rules', () => {
  it('is free while ufw is off and stays off', async () => {
    expect(await judge({ rules: [] })).toEqual([]);
    expect(await judge({ rules: [], enabledAfter: false })).toEqual([]);
  });

  it('is refused when it takes away what somebody uses', async () => {
    await has(GOOD);
    expect(await judge({ rules: without('2379:2380') })).toHaveLength(2);
    expect(await judge({ rules: without('22/tcp') })).toHaveLength(1);
    expect(await judge({ rules: GOOD.toReversed() })).toEqual([]);
  });

  it('is not to blame for what was closed already', async () => {
    await has(without('2379:2380'));
    expect(await judge({ rules: without('2379:2380').slice(1).concat('limit 22/tcp') })).toEqual([]);
  });

  it('may take away a rule of ours where one of the user’s lets the same through', async () => {
    await has([...GOOD]);
    const text = fake.text('/etc/ufw/user.rules')!;
    const block =
      '\n### tuple ### allow any any 0.0.0.0/0 any 10.1.0.0/16 in\n-A ufw-user-input -s 10.1.0.0/16 -j ACCEPT\n';
    fake.put('/etc/ufw/user.rules', text.replace('\n### END RULES', `${block}\n### END RULES`));
    expect(await judge({ rules: ['allow 6443/tcp'] })).toEqual([]);
  });
});

describe('putting a damaged firewall right', () => {
  it('goes on when the kernel lets nobody in: it can only get better', async () => {
    await has(without('2379:2380'));
    ufw.kernel[''] = ufw.kernel[''].replaceAll(/^-A .*\n/gm, '');
    expect(await judge({ enabledAfter: true })).toEqual([]);
  });

  it('is refused when what runs now would be cut: the kernel was open', async () => {
    await has(without('2379:2380'));
    ufw.kernel[''] = ufw.kernel[''].replaceAll(/^-A .*\n/gm, '').replace(':INPUT DROP', ':INPUT ACCEPT');
    expect(await judge({ enabledAfter: true })).toHaveLength(2);
  });
});

describe('what others have in the INPUT chain', () => {
  it('counts, because ufw hooks itself in behind it', async () => {
    ufw.kernel[''] = ufw.kernel[''].replace('COMMIT', '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT');
    expect(await enabling(without('22/tcp'))).toEqual([]);
  });
});

it('asks nothing where the plan does not touch ufw', async () => {
  fake.simulated.unshift(() => {
    throw new Error('asked');
  });
  expect(await judge({})).toEqual([]);
});

describe('as a guard of preflight', () => {
  async function guard(rules: readonly string[], role: 'MASTER' | 'worker' = 'MASTER') {
    const envelope = {
      scope: null,
      secret: false,
      notify: [],
      requires: [],
      from: null,
      why: 'commit',
    } as const;
    const cluster = {
      apiPort: 6443,
      interface: 'eth0',
      vip: '10.1.233.1',
      vrrp: { transport: 'multicast' },
      nodes: [{ address: '10.1.1.1' }, { address: '10.1.1.2' }],
      workers: [{ address: '10.1.1.9' }],
    };
    const origins = { 'deny 22/tcp': { file: 'defaults.yaml', line: 5, column: 7 } };
    const plan = {
      of: {
        resources: [{ id: 'ufw-rules[host]', origins }],
        cluster,
        role: { hostname: 'kubernetes-node-1', role, priority: 100, address: '10.1.1.1' },
      },
      changes: [
        { ...envelope, id: 'ufw-rules[host]', to: await planned(rules) },
        { ...envelope, id: 'ufw[host]', to: { enabled: true, live: 'whole' } },
        { ...envelope, id: 'unit[keepalived.service]', to: { enabled: true, running: true, hold: null } },
      ],
    } as unknown as Plan;
    const addresses = new Map([['eth0', ['10.1.1.1']]]);
    return lockoutGuard(fake.host(), () => ({ hostname: 'kubernetes-node-1', addresses }))(plan);
  }

  it('reads the plan and says which resource is to blame', async () => {
    expect(await guard(GOOD)).toEqual([]);
    units = '';
    const said = await guard(without('vrrp'));
    expect(said).toEqual([
      { id: 'ufw[host]', why: expect.stringContaining('close VRRP to 10.1.1.2,') as string, at: null },
    ]);
  });

  it('points at the line of the rule that closes something, in whichever layer that is', async () => {
    const [said] = await guard(['deny 22/tcp', ...without('22/tcp')]);
    expect(said).toMatchObject({ at: { file: 'defaults.yaml', line: 5, column: 7 } });
    expect(said?.why).toContain('the rule "deny 22/tcp" comes first');
  });

  it('protects workers’ flows, but expects no VRRP of them, and none on one', async () => {
    expect((await guard(without('10250')))[0]?.why).toContain('(kubelet) to 10.1.1.2 and 10.1.1.9');
    expect(await guard(without('vrrp'), 'worker')).toEqual([]);
  });
});
