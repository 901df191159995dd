import { beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '../../../agent/host/host.ts';
import { RulesState } from '../../../agent/resources/ufw-rules-state.ts';
import { ufwRules } from '../../../agent/resources/ufw-rules.ts';
import { FakeHost } from '../../support/fake-host.ts';
import { installUfw, type FakeUfw } from '../../support/fake-ufw.ts';
import { convergeRules, observeRules, planRules, targetOfRules } from '../../support/ufw-kinds.ts';

let fake: FakeHost;
let ufw: FakeUfw;
let host: Host;
beforeEach(() => {
  fake = new FakeHost();
  ufw = installUfw(fake);
  host = fake.host();
});

const SPEC = {
  rules: [
    'allow 22/tcp',
    'allow from 10.1.0.0/16 to any port 6443 proto tcp',
    "limit 2380/tcp comment 'etcd'",
  ],
};

const observe = (spec: unknown = SPEC) => observeRules(spec, host);
const targetOf = (spec: unknown = SPEC) => targetOfRules(spec, host);
const planOf = (spec: unknown = SPEC) => planRules(spec, host);
const converge = (spec: unknown = SPEC) => convergeRules(spec, host);
/** The user's own doing, as `ufw ARGUMENTS` leaves the files: tuple lines put before, or behind, all others. */
function userAdds(tuple: string, where: 'first' | 'last' = 'last'): void {
  const text = fake.text('/etc/ufw/user.rules')!;
  const block = `\n### tuple ### ${tuple}\n-A ufw-user-input -j ACCEPT\n`;
  const [from, to] =
    where === 'first'
      ? ['### RULES ###\n', `### RULES ###\n${block}`]
      : ['\n### END RULES', `${block}\n### END RULES`];
  fake.put('/etc/ufw/user.rules', text.replace(from, to), 0o640);
}
function userDeletes(tuple: string): void {
  const text = fake.text('/etc/ufw/user.rules')!;
  const left = text.split(/\n(?=### )/).filter((block) => !block.startsWith(`### tuple ### ${tuple}`));
  expect(left.join('\n')).not.toBe(text);
  fake.put('/etc/ufw/user.rules', left.join('\n'), 0o640);
}
const tuples = (path = '/etc/ufw/user.rules'): readonly string[] =>
  [...fake.text(path)!.matchAll(/^### tuple ### (.*?)(?: comment=(\S+))?$/gm)].map(
    (match) => `${match[1]}${match[2] === undefined ? '' : ` # ${Buffer.from(match[2], 'hex').toString()}`}`,
  );

const SSH = 'allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in';

describe('rules of ufw', () => {
  it('are written in both families with a comment that says whose they are', async () => {
    await converge();
    expect(tuples()).toEqual([
      `${SSH} # holdfast`,
      'allow tcp 6443 0.0.0.0/0 any 10.1.0.0/16 in # holdfast',
      'limit tcp 2380 0.0.0.0/0 any 0.0.0.0/0 in # holdfast: etcd',
    ]);
    expect(tuples('/etc/ufw/user6.rules')).toEqual([
      'allow tcp 22 ::/0 any ::/0 in # holdfast',
      'limit tcp 2380 ::/0 any ::/0 in # holdfast: etcd',
    ]);
    expect(fake.files.get('/etc/ufw/user.rules')!.mode).toBe(0o640);
  });

  it('need nothing the second time', async () => {
    await converge();
    expect(await targetOf()).toEqual({ to: await observe() });
  });

  it('are loaded into the kernel where ufw runs, and only there', async () => {
    await converge();
    expect(fake.log.filter((what) => what.includes('restore'))).toEqual([]);
    await host.live!.run(['ufw', '--force', 'enable']);
    await converge({ rules: ['allow 22/tcp'] });
    expect(ufw.kernel['']).toContain('-A ufw-user-input -p tcp --dport 22 -j ACCEPT');
    expect(ufw.kernel['']).not.toContain('2380');
  });

  it('stay when the user adds some: no drift, and nothing that fails', async () => {
    const to = await planOf();
    await ufwRules.enforce('host', to, host);
    userAdds('deny tcp 23 0.0.0.0/0 any 0.0.0.0/0 in', 'first');
    expect(ufwRules.settled(to, await observe())).toBe(true);
    expect(await targetOf()).toEqual({ to: await observe() });
  });

  it('that did not arrive are noticed after the change', async () => {
    const to = await planOf();
    await ufwRules.enforce('host', to, host);
    for (const tuple of ['limit tcp 2380', 'allow tcp 22']) {
      userDeletes(tuple);
      expect(ufwRules.settled(to, await observe())).toBe(false);
      await converge();
    }
    expect(ufwRules.settled({ v4: [], v6: [], apps: {} }, await observe())).toBe(false);
  });

  it('that were deleted by hand are drift, and come back to their place', async () => {
    await converge();
    userAdds('allow tcp 80 0.0.0.0/0 any 0.0.0.0/0 in');
    const whole = tuples();
    userDeletes('allow tcp 6443');
    expect(ufwRules.describe(await observe(), await planOf(), {} as never)).toEqual({
      summary: ['add allow from 10.1.0.0/16 to any port 6443 proto tcp'],
      detail: ['+allow from 10.1.0.0/16 to any port 6443 proto tcp'],
    });
    await converge();
    expect(tuples()).toEqual(whole);
  });

  it('of the user’s that do the same are used, keep their comment and survive us', async () => {
    userAdds(`${SSH} comment=6d696e65`);
    await converge();
    expect(tuples()[0]).toBe(`${SSH} # mine`);
    const left = { v4: [], v6: [], apps: {} };
    await ufwRules.enforce('host', left, host);
    expect(tuples()).toEqual([`${SSH} # mine`]);
  });

  it('that the user made his own by another comment are used from then on', async () => {
    await converge();
    fake.put(
      '/etc/ufw/user.rules',
      fake.text('/etc/ufw/user.rules')!.replace(`${SSH} comment=686f6c6466617374`, `${SSH} comment=6d696e65`),
      0o640,
    );
    expect(await targetOf()).toEqual({ to: await observe() });
  });

  it.each([
    ['another action', 'deny tcp 22 0.0.0.0/0 any 0.0.0.0/0 in', 'deny 22/tcp'],
    ['logging', 'allow_log tcp 22 0.0.0.0/0 any 0.0.0.0/0 in', 'allow log 22/tcp'],
  ])('of the user’s with %s are never replaced: the commit is refused', async (_what, tuple, theirs) => {
    userAdds(tuple);
    expect(await targetOf()).toMatchObject({
      refused: `"allow 22/tcp" would replace "${theirs}", a rule that Holdfast did not make: for ufw they are the same rule. Remove that one with "sudo ufw delete ${theirs}", or write "${theirs}" here.`,
    });
  });

  it('beside one that the user replaced by hand are put right all the same, and the user’s stays', async () => {
    await converge();
    userDeletes('allow tcp 22');
    userAdds('limit tcp 22 0.0.0.0/0 any 0.0.0.0/0 in', 'first');
    userDeletes('allow tcp 6443');
    const target = await targetOf();
    if (!('refused' in target) || target.meanwhile === undefined) throw new Error(JSON.stringify(target));
    expect(target.refused).toContain('"allow 22/tcp" would replace "limit 22/tcp"');
    expect(ufwRules.settled(target.meanwhile, await observe())).toBe(false);
    await ufwRules.enforce('host', target.meanwhile, host);
    expect(tuples()).toEqual([
      'limit tcp 22 0.0.0.0/0 any 0.0.0.0/0 in',
      'allow tcp 6443 0.0.0.0/0 any 10.1.0.0/16 in # holdfast',
      'limit tcp 2380 0.0.0.0/0 any 0.0.0.0/0 in # holdfast: etcd',
    ]);
    expect(ufwRules.settled(target.meanwhile, await observe())).toBe(true);
  });

  it('change their action, their comment and their order', async () => {
    await converge();
    const next = { rules: ["limit 2380/tcp comment 'peers'", 'reject 22/tcp'] };
    expect(ufwRules.describe(await observe(next), await planOf(next), {} as never).summary).toEqual([
      'limit 2380/tcp comment etcd → limit 2380/tcp comment peers',
      'allow 22/tcp → reject 22/tcp',
      'remove allow from 10.1.0.0/16 to any port 6443 proto tcp',
      'put the rules in order',
    ]);
    await converge(next);
    expect(tuples()).toEqual([
      'limit tcp 2380 0.0.0.0/0 any 0.0.0.0/0 in # holdfast: peers',
      'reject tcp 22 0.0.0.0/0 any 0.0.0.0/0 in # holdfast',
    ]);
  });

  it('a later line that means a rule of the user’s counts it among what was there first', async () => {
    userAdds('allow tcp 80 0.0.0.0/0 any 0.0.0.0/0 in');
    const first = await observe();
    const more = { rules: [...SPEC.rules, 'allow 80/tcp'] };
    const widened = RulesState.parse(ufwRules.widen(first, await observe(more), null));
    expect(widened?.v4.map(({ tuple }) => tuple)).toEqual(['allow tcp 80 0.0.0.0/0 any 0.0.0.0/0 in']);
    await converge(more);
    await ufwRules.enforce('host', widened, host);
    expect(ufwRules.settled(widened, await observe(more))).toBe(true);
  });
});

describe('rules of ufw with an application profile', () => {
  const APP = { rules: ['allow OpenSSH', "allow from 10.0.0.0/8 to any app 'Two Ports'"] };

  it('wait for it and say so', async () => {
    expect(await targetOf(APP)).toEqual({
      waiting:
        'ufw has no application profile "OpenSSH" yet. The package that it belongs to brings it; or write the port, as in 22/tcp',
    });
  });

  it('stand for its ports, and follow them', async () => {
    fake.put(
      '/etc/ufw/applications.d/openssh',
      '[OpenSSH]\ntitle=x\ndescription=y\nports=22/tcp\n\n[Two Ports]\nports=137,138/udp|139/tcp\n',
    );
    await converge(APP);
    expect(tuples()).toEqual([
      'allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 OpenSSH - in # holdfast',
      'allow udp 137,138 0.0.0.0/0 any 10.0.0.0/8 Two%20Ports - in # holdfast',
      'allow tcp 139 0.0.0.0/0 any 10.0.0.0/8 Two%20Ports - in # holdfast',
    ]);
    fake.put('/etc/ufw/applications.d/openssh', '[OpenSSH]\nports=2222/tcp\n[Two Ports]\nports=139/tcp\n');
    await converge(APP);
    expect(tuples()[0]).toContain('allow tcp 2222');
    expect(tuples()).toHaveLength(2);
  });
});

describe('a profile’s name', () => {
  const target = () => targetOf({ rules: ['allow openssh'] });

  it('may be written in another case, as long as it means one', async () => {
    fake.put('/etc/ufw/applications.d/a', '[OpenSSH]\nports=22/tcp\n');
    expect((await planOf({ rules: ['allow openssh'] })).v4[0]?.tuple).toBe(
      'allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 OpenSSH - in',
    );
    fake.put('/etc/ufw/applications.d/b', '[OPENSSH]\nports=2222/tcp\n');
    expect(await target()).toHaveProperty('waiting');
  });

  it('is not looked for in files that ufw skips', async () => {
    fake.put('/etc/ufw/applications.d/ssh.dpkg-old', '[OpenSSH]\nports=22/tcp\n');
    expect(await target()).toHaveProperty('waiting');
  });
});

describe('a host that is not ready', () => {
  it('without ufw waits, and is left as it is on the way back', async () => {
    fake.files.delete('/usr/sbin/ufw');
    expect(await observe()).toBeNull();
    expect(await targetOf()).toEqual({ waiting: 'ufw is not installed yet' });
    await ufwRules.enforce('host', null, host);
    expect(fake.log).toEqual([]);
  });

  it.each([
    ['/etc/ufw/user.rules', 'sudo cp /usr/share/ufw/iptables/user.rules /etc/ufw/ && sudo chmod 640 '],
    ['/etc/ufw/user6.rules', 'sudo cp /usr/share/ufw/iptables/user6.rules /etc/ufw/ && sudo chmod 640 '],
    ['/etc/ufw/ufw.conf', 'sudo cp /usr/share/ufw/ufw.conf /etc/ufw/'],
    ['/etc/default/ufw', 'sudo apt-get install --reinstall -o Dpkg::Options::=--force-confmiss ufw'],
  ])(
    'with ufw but without %s says how to mend it, and is not taken for one without ufw',
    async (path, how) => {
      fake.files.delete(path);
      const wayOut = how.endsWith(' ') ? how + path : how;
      await expect(observe()).rejects.toThrow(
        `${path} is missing, and ufw does not work without it. Bring the package's own back with "${wayOut}"; Holdfast does the rest.`,
      );
    },
  );

  it('without IPv6 in ufw keeps IPv4 rules only, and refuses a rule that needs it', async () => {
    fake.put('/etc/default/ufw', 'IPV6=no\nDEFAULT_INPUT_POLICY="DROP"\n');
    const six = fake.text('/etc/ufw/user6.rules');
    await converge();
    expect(fake.text('/etc/ufw/user6.rules')).toBe(six);
    expect(await targetOf({ rules: ['allow from fd00::/8'] })).toEqual({
      refused:
        '"allow from fd00::/8" is for IPv6, which is switched off for ufw. Write IPV6=yes in /etc/default/ufw, or leave the rule out.',
    });
  });
});

describe('the power going', () => {
  const next = { rules: ['deny 23/tcp', "limit 2380/tcp comment 'etcd'", 'allow 22/tcp'] };

  it.each([0, 1, 2, 3])(
    'before effect %i of a change: it can be finished, and it can be taken back',
    async (n) => {
      for (const way of ['on', 'back'] as const) {
        fake = new FakeHost();
        installUfw(fake);
        host = fake.host();
        userAdds('allow tcp 80 0.0.0.0/0 any 0.0.0.0/0 in');
        await host.live!.run(['ufw', '--force', 'enable']);
        await converge();
        const before = await observe(next);
        const original = fake.snapshot();
        const to = await planOf(next);
        const done = fake.log.length;
        fake.beforeEffect = (_what, at) => {
          if (at === done + n) throw new Error('the power is gone');
        };
        await expect(ufwRules.enforce('host', to, host)).rejects.toThrow('the power is gone');
        fake.beforeEffect = () => {};
        await ufwRules.enforce('host', way === 'on' ? to : before, host);
        if (way === 'on') expect(ufwRules.settled(to, await observe(next))).toBe(true);
        else expect(fake.snapshot()).toBe(original);
      }
    },
  );
});

describe('what is not a list of rules', () => {
  const said = (...rules: readonly string[]): readonly string[] => {
    try {
      ufwRules.parseSpec({ rules });
      return [];
    } catch (error) {
      return (error as { issues: { message: string; path: unknown[] }[] }).issues.map(
        ({ path, message }) => `${path.join('.')}: ${message}`,
      );
    }
  };

  it('is refused at the line, with the way out', () => {
    expect(said('allow 22/tcp', 'alow 80')).toEqual([
      `rules.1: "alow 80" is not a rule of ufw's. A rule begins with allow, deny, reject or limit, and this is "alow". Did you mean "allow"?`,
    ]);
  });

  it('is one rule said twice, whatever the words', () => {
    expect(said('allow 22/tcp', 'limit proto tcp from any to any port 22')).toEqual([
      'rules.1: "limit proto tcp from any to any port 22" and "allow 22/tcp" are one rule for ufw, which keeps only one. Leave one out.',
    ]);
    expect(said('allow 22/tcp', 'allow from 0.0.0.0/0 to any port 22 proto tcp')).toHaveLength(1);
    expect(said('allow 22/tcp', 'allow 22/udp', 'allow out 22/tcp')).toEqual([]);
  });
});
