import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '../../agent/host/host.ts';
import { formatArgv, formatRule } from '../../agent/resources/ufw-argv.ts';
import { blockOf, parseRulesFile } from '../../agent/resources/ufw-rules-file.ts';
import { ufwRules } from '../../agent/resources/ufw-rules.ts';
import { identity, perFamily, type UfwRule } from '../../agent/resources/ufw-tuple.ts';
import { ufw } from '../../agent/resources/ufw.ts';
import { anyRule } from '../support/ufw-arbitrary.ts';
import {
  convergeRules,
  firewallAsSeen,
  observeFirewall,
  observeRules,
  PLANNING,
  planRules,
} from '../support/ufw-kinds.ts';
import { UfwNamespace } from '../support/ufw-namespace.ts';

/** Debian's own ufw and iptables, in a network and over files of their own. Without them these tests fail. */
let ns: UfwNamespace;
let told: string[];
let host: Host;
beforeAll(async () => {
  ns = await UfwNamespace.open();
});
afterAll(() => ns?.close());
beforeEach(async () => {
  await ns.reset();
  told = [];
  host = ns.host(told);
});

const SPEC = {
  rules: [
    'allow 22/tcp',
    'limit log 2379:2380/tcp',
    "allow in on eth0 proto vrrp from 10.1.0.0/16 to 224.0.0.18 comment 'the VIP'",
    "allow 'Samba Full'",
    'reject out 25/tcp',
  ],
};
const rulesNow = (spec: unknown = SPEC) => observeRules(spec, host);
const firewallNow = () => observeFirewall(host);
const converge = (spec: unknown = SPEC) => convergeRules(spec, host);
const enable = (): Promise<void> => ufw.enforce('host', { enabled: true, live: 'whole' }, host);
const files = (): string => ns.text('user.rules') + ns.text('user6.rules');

describe('the files that Holdfast writes are the ones that ufw writes', () => {
  it('law: for every rule, the same tuple and the same iptables lines', async () => {
    const rules = fc
      .sample(
        fc.uniqueArray(anyRule, { minLength: 40, maxLength: 40, selector: (rule) => formatRule(rule) }),
        1,
      )[0]!
      .filter(firstOfItsKind());
    for (const rule of rules) await ns.run('ufw', ...formatArgv(rule));
    for (const [name, family] of [
      ['user.rules', 'v4'],
      ['user6.rules', 'v6'],
    ] as const) {
      const wanted = rules.flatMap(perFamily).filter((rule) => rule.family === family);
      const kept = parseRulesFile(ns.text(name), family)!.blocks;
      expect(kept.map(({ raw }) => raw)).toEqual(wanted.map((rule) => blockOf(rule).raw));
      expect(kept.map(({ rule }) => rule)).toEqual(wanted);
    }
  });

  it('ufw leaves them as they are when it writes them itself', async () => {
    await converge();
    await enable();
    const written = files();
    await ns.run('ufw', 'reload');
    expect(files()).toBe(written);
    expect(await firewallNow()).toEqual({ enabled: true, live: 'whole' });
  });

  it('what ufw shows is what was asked for', async () => {
    await converge();
    const shown = await ns.run('ufw', 'show', 'added');
    expect(shown.split('\n').slice(1, 6)).toEqual([
      "ufw allow 22/tcp comment 'holdfast'",
      "ufw limit log 2379:2380/tcp comment 'holdfast'",
      "ufw allow in on eth0 from 10.1.0.0/16 to 224.0.0.18 proto vrrp comment 'holdfast: the VIP'",
      "ufw allow 'Samba Full' comment 'holdfast'",
      "ufw reject out 25/tcp comment 'holdfast'",
    ]);
  });
});

describe('going there and back', () => {
  it.each([[false], [true]])('restores every rule and its place, ufw enabled: %s', async (enabled) => {
    for (const text of [
      'deny 23/tcp',
      'allow 22/tcp',
      "allow 'Samba Full'",
      'allow from fd00::/8',
      'allow 80/tcp',
    ])
      await ns.run('ufw', ...text.replaceAll("'", '').split(/ (?!Full)/));
    if (enabled) await enable();
    const before = await rulesNow();
    const original = files();
    await converge();
    expect(files()).not.toBe(original);
    expect(ufwRules.target(SPEC, await rulesNow(), PLANNING)).toEqual({ to: await rulesNow() });
    await ufwRules.enforce('host', before, host);
    expect(files()).toBe(original);
    expect(await firewallNow()).toEqual({ enabled, live: enabled ? 'whole' : 'off' });
  });

  it('uses a rule of the user’s that does the same, and leaves it behind as it was', async () => {
    await ns.run('ufw', 'allow', '22/tcp', 'comment', 'my own');
    await converge();
    expect(await ns.run('ufw', 'show', 'added')).toContain("ufw allow 22/tcp comment 'my own'");
    await ufwRules.enforce('host', { v4: [], v6: [], apps: {} }, host);
    expect((await ns.run('ufw', 'show', 'added')).trim().split('\n').slice(1)).toEqual([
      "ufw allow 22/tcp comment 'my own'",
    ]);
  });

  it('one that the user replaced does not keep the others from being put right, and ufw agrees', async () => {
    await converge();
    await enable();
    await ns.run('ufw', 'limit', '22/tcp');
    await ns.run('ufw', 'delete', 'reject', 'out', '25/tcp');
    const target = ufwRules.target(SPEC, await rulesNow(), PLANNING);
    if (!('refused' in target) || target.meanwhile === undefined) throw new Error(JSON.stringify(target));
    await ufwRules.enforce('host', target.meanwhile, host);
    const shown = await ns.run('ufw', 'show', 'added');
    expect(shown).toContain('ufw limit 22/tcp\n');
    expect(shown).toContain("ufw reject out 25/tcp comment 'holdfast'");
    expect(ufwRules.settled(target.meanwhile, await rulesNow())).toBe(true);
    expect(await firewallNow()).toEqual({ enabled: true, live: 'whole' });
  });

  it('refuses to replace a rule of the user’s, as ufw would without a word', async () => {
    await ns.run('ufw', 'deny', '22/tcp');
    expect(ufwRules.target(SPEC, await rulesNow(), PLANNING)).toMatchObject({
      refused:
        '"allow 22/tcp" would replace "deny 22/tcp", a rule that Holdfast did not make: for ufw they are the same rule. Remove that one with "sudo ufw delete deny 22/tcp", or write "deny 22/tcp" here.',
    });
  });

  it('puts a deleted rule back where it was, and leaves the rule that its owner added', async () => {
    await converge();
    await enable();
    await ns.run('ufw', 'insert', '1', 'deny', 'from', '192.0.2.7');
    await ns.run('ufw', 'allow', '8080/tcp');
    expect(ufwRules.target(SPEC, await rulesNow(), PLANNING)).toEqual({ to: await rulesNow() });
    const whole = files();
    await ns.run('ufw', 'delete', 'limit', 'log', '2379:2380/tcp');
    expect(ufwRules.describe(await rulesNow(), await planRules(SPEC, host), {} as never).summary).toEqual([
      'add limit log 2379:2380/tcp',
    ]);
    await converge();
    expect(files()).toBe(whole);
    expect(await firewallNow()).toEqual({ enabled: true, live: 'whole' });
  });

  it('puts rules in order in one step, with SSH open all the time', async () => {
    await converge();
    await enable();
    told.length = 0;
    await converge({ rules: SPEC.rules.toReversed() });
    expect(told).toEqual([
      'iptables-restore --noflush --wait 10 /etc/ufw/user.rules',
      'ip6tables-restore --noflush --wait 10 /etc/ufw/user6.rules',
    ]);
    expect(await firewallNow()).toEqual({ enabled: true, live: 'whole' });
  });

  it('keeps no IPv6 rules where ufw has IPv6 switched off', async () => {
    await ns.withoutIpv6();
    await converge();
    await enable();
    expect(await rulesNow()).toMatchObject({ v6: null });
    expect(await firewallNow()).toEqual({ enabled: true, live: 'whole' });
    expect(ufwRules.target({ rules: ['allow from fd00::/8'] }, await rulesNow(), PLANNING)).toHaveProperty(
      'refused',
    );
    await ns.run('ip6tables', '-P', 'INPUT', 'ACCEPT');
    expect(await firewallNow()).toEqual({ enabled: true, live: 'missing' });
  });
});

describe('what ufw leaves in the kernel when it is disabled', () => {
  const REDIRECTS = 'net/ipv4/conf/default/accept_redirects';
  const inKernel = async (): Promise<readonly string[]> => [
    ...plain(await ns.run('iptables-save', '-t', 'filter')),
    ...plain(await ns.run('ip6tables-save', '-t', 'filter')),
    await ns.run('cat', `/proc/sys/${REDIRECTS}`),
  ];
  const OFF = { enabled: false, live: 'off' } as const;
  beforeEach(() => ns.settingParameters(`# As Debian has it.\n${REDIRECTS}=0\n#net/ipv4/tcp_sack=1\n`));

  it('is taken away where it was not there before: its parameters, and its empty chains', async () => {
    await ns.run('sh', '-c', `echo 1 >/proc/sys/${REDIRECTS}`);
    const before = await inKernel();
    const first = await firewallAsSeen(host);
    expect(first).toEqual({ ...OFF, leaves: { kernel: { [REDIRECTS]: '1' }, chains: false } });
    await converge();
    await enable();
    expect(await firewallAsSeen(host)).toEqual({ enabled: true, live: 'whole' });
    await ufw.enforce('host', first, host);
    expect(await inKernel()).toEqual(before);
    told.length = 0;
    await ufw.enforce('host', first, host);
    expect(told).toEqual([]);
    // And it can be switched on again.
    await enable();
    expect(await firewallNow()).toEqual({ enabled: true, live: 'whole' });
  });

  it('stays where it was there before, for ufw had been on since the boot', async () => {
    await enable();
    await ns.run('ufw', '--force', 'disable');
    const [before, first] = [await inKernel(), await firewallAsSeen(host)];
    expect(first).toEqual({ ...OFF, leaves: { kernel: { [REDIRECTS]: '0' }, chains: true } });
    await enable();
    await ufw.enforce('host', first, host);
    expect(await inKernel()).toEqual(before);
  });

  it('stays as far as somebody else uses it', async () => {
    const first = await firewallAsSeen(host);
    await enable();
    await ns.run('iptables', '-N', 'CONTAINERS');
    await ns.run('iptables', '-A', 'CONTAINERS', '-j', 'ufw-before-input');
    await ufw.enforce('host', first, host);
    expect(await ns.run('iptables', '-S')).toContain('-A INPUT -j ufw-before-input');
    expect(await ns.run('ip6tables', '-S')).not.toContain('ufw6-');
  });

  it('is not there for what is planned, and makes no difference: there is nothing to do', async () => {
    await enable();
    await ns.run('ufw', '--force', 'disable');
    const seen = await firewallAsSeen(host);
    expect(ufw.settled(OFF, seen)).toBe(true);
    expect(ufw.target({ enabled: false }, seen, PLANNING)).toEqual({ to: OFF });
  });
});

describe('a kernel that does not do what ufw’s files say', () => {
  it.each([
    ['the user chain is flushed', 'iptables -F ufw-user-input'],
    ['the IPv6 user chain is flushed', 'ip6tables -F ufw6-user-input'],
    ['one rule is deleted', 'iptables -D ufw-user-input -p tcp --dport 22 -j ACCEPT'],
    ['one rule is replaced', 'iptables -R ufw-user-input 1 -p tcp --dport 22 -j DROP'],
    ['everything is flushed', 'iptables -F'],
    ['a hook is gone', 'iptables -D INPUT -j ufw-before-input'],
    ['the policy is open', 'iptables -P INPUT ACCEPT'],
    ['an accept of before.rules is gone', 'iptables -D ufw-before-input -i lo -j ACCEPT'],
    ['the limit lets nothing through', 'iptables -F ufw-user-limit-accept'],
  ])('is seen and mended when %s', async (_what, command) => {
    await converge();
    await enable();
    const whole = await ns.run('iptables-save', '-t', 'filter');
    await ns.run(...command.split(' '));
    expect(await firewallNow()).toEqual({ enabled: true, live: 'missing' });
    await enable();
    expect(await firewallNow()).toEqual({ enabled: true, live: 'whole' });
    expect(plain(await ns.run('iptables-save', '-t', 'filter'))).toEqual(plain(whole));
  });

  it('is not entered without hooks: a flush while ufw is off would make enabling shut everybody out', async () => {
    await converge();
    await enable();
    await ns.run('ufw', '--force', 'disable');
    await ns.run('iptables', '-F');
    await enable();
    expect(await firewallNow()).toEqual({ enabled: true, live: 'whole' });
    expect(await ns.run('iptables', '-S', 'INPUT')).toContain('-A INPUT -j ufw-before-input');
  });

  it('is whole while others have rules of their own in it', async () => {
    await converge();
    await enable();
    await ns.run('iptables', '-I', 'INPUT', '1', '-p', 'tcp', '--dport', '9', '-j', 'DROP');
    await ns.run('iptables', '-N', 'KUBE-FIREWALL');
    await ns.run('iptables', '-P', 'FORWARD', 'ACCEPT');
    await ns.run('iptables', '-I', 'ufw-user-input', '1', '-s', '192.0.2.7', '-j', 'DROP');
    expect(await firewallNow()).toEqual({ enabled: true, live: 'whole' });
  });

  it.each(
    (['whole', 'off'] as const).flatMap((live) =>
      [true, false].flatMap((enabled) =>
        (['whole', 'off'] as const).flatMap((toLive) =>
          [true, false].map((to) => [enabled, live, to, toLive] as const),
        ),
      ),
    ),
  )('goes from enabled %s, live %s to enabled %s, live %s', async (enabled, live, to, toLive) => {
    await converge();
    await ufw.enforce('host', { enabled, live }, host);
    expect(await firewallNow()).toEqual({ enabled, live });
    await ufw.enforce('host', { enabled: to, live: toLive }, host);
    expect(await firewallNow()).toEqual({ enabled: to, live: toLive });
  });
});

/** Without counters, times and the order in which logging rules were added. */
const plain = (saved: string): readonly string[] =>
  saved
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(/\[\d+:\d+\]/, ''))
    .toSorted();

function firstOfItsKind(): (rule: UfwRule) => boolean {
  const seen = new Set<string>();
  return (rule) => {
    const all = perFamily(rule).map(identity);
    const isFirst = all.every((one) => !seen.has(one));
    for (const one of all) seen.add(one);
    return isFirst;
  };
}
