import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { allAt, statusOf, untilReported } from '../support/cluster.ts';
import { HOSTS, lab, VIP, waitFor } from '../support/lab.ts';
import {
  backTogether,
  clusterWith,
  expectOneOwner,
  FIELDS,
  inSeconds,
  movedTogether,
  SOON_S,
} from '../support/lockstep.ts';
import { watchOwners } from '../support/vip-owners.ts';

beforeAll(() => allAt(lab.head()));
afterAll(backTogether);

const password = (at: Date, more: readonly string[]) => ({
  'files/vrrp-password': `q${Date.now().toString(36).slice(-7)}\n`,
  'cluster.yaml': clusterWith([[/authPass: .*/, 'authPass: { file: vrrp-password }']], at, more),
});

describe('what all hosts must agree on, changed on all of them at one moment', () => {
  it.each(Object.entries(FIELDS))(
    'the %s: two owners for at most 1 s, none for at most 5 s',
    async (what, change) => {
      const there = await movedTogether(what, change(inSeconds(SOON_S)));
      console.log(what, JSON.stringify(there));
      const back = await backTogether();
      console.log(`${what}, and back`, JSON.stringify(back));
      for (const owners of [there, back]) expectOneOwner(owners);
    },
  );
});

const A_WEEK_S = 7 * 24 * 3_600;

describe('a host that was away meanwhile', () => {
  it.each([
    [3, 'a BACKUP, for a week and more than one commit'],
    [1, 'the MASTER'],
  ])(
    'kubernetes-node-%i, %s: keeps keepalived stopped at boot until it has what the others have',
    async (n) => {
      const away = lab.host(n);
      const others = HOSTS.filter((one) => one !== n);
      await waitFor(
        'its disk to hold that it was well',
        () => statusOf(away).outcome,
        60_000,
        (o) => o === 'in desired state',
      );
      away.run(['systemctl', 'stop', 'holdfast']);
      away.write('/var/lib/holdfast/followed', String(Date.now() - A_WEEK_S * 1_000), '0600');
      away.sync();
      away.cut();
      onTestFinished(() => (away.isRunning() ? undefined : away.boot()));
      await allAt(
        lab.commit(password(inSeconds(60), ['unreachable: 20s']), `Lockstep: without kubernetes-node-${n}`),
        others,
      );
      const sha = lab.commit({ 'README.md': (old) => `${old}\nLater.\n` }, 'And another commit');
      await allAt(sha, others);
      const watch = watchOwners([VIP]);
      away.boot();
      await allAt(sha);
      await waitFor(
        'keepalived there',
        () => away.shell('systemctl is-active keepalived', { allowFail: true }).stdout.trim(),
        30_000,
        (state) => state === 'active',
      );
      const { twoForMs, story } = await watch.stop();
      expect(twoForMs, story.join('; ')).toBe(0);
      const argv = 'journalctl -b -o cat --no-pager -u holdfast -u holdfast-agree'.split(' ');
      const said = away.run(argv).stdout;
      expect(said).toContain(
        `keepalived is kept stopped here: ${others.map((one) => `kubernetes-node-${one}`).join(' and ')}`,
      );
      expect(said).toContain('is applied at once');
      await backTogether();
    },
  );

  it('cut off by the network for longer than it is waited for: takes no part until it has asked', async () => {
    const away = lab.host(1);
    away.link('down');
    onTestFinished(() => away.link('up'));
    const sha = lab.commit(
      {
        'cluster.yaml': clusterWith([[/routerId: \d+/, 'routerId: 99']], inSeconds(60), ['unreachable: 20s']),
      },
      'Lockstep: without the MASTER',
    );
    await allAt(sha, [2, 3]);
    const watch = watchOwners([VIP]);
    const from = away.cursor();
    away.link('up');
    await allAt(sha);
    const { twoForMs, story } = await watch.stop();
    console.log('cut off, and back', story.join('; '));
    expect(twoForMs, story.join('; ')).toBeLessThanOrEqual(1_000);
    const said = away.journal(from).map(({ MESSAGE }) => MESSAGE);
    expect(said.join('\n')).toMatch(/keepalived is kept stopped here: this host saw nobody for/);
    await backTogether();
  });
});

describe('a host that went back over a lockstep change by itself', () => {
  it('cannot: rollback says what the way is, and a revert for all brings everybody back', async () => {
    await movedTogether('another VRID', FIELDS['VRID']!(inSeconds(SOON_S)));
    const { exitCode, stderr } = lab.host(2).run(['holdfast', 'rollback'], { allowFail: true });
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 3 });
    expect(stderr).toMatch(/another vrrp\.routerId than what is in force now.*"git revert"/s);
    expect(lab.host(2).read('/etc/keepalived/keepalived.conf')).toContain('virtual_router_id 77');
    await backTogether();
  });
});

describe('clocks that differ', () => {
  it.each([3, -3])('one host by %s s: none moves, and it is said', async (seconds) => {
    const odd = lab.host(2);
    odd.write('/etc/lab/clock.cjs', `const now = Date.now; Date.now = () => now() + ${seconds * 1_000};\n`);
    odd.write(
      '/etc/systemd/system/holdfast.service.d/clock.conf',
      '[Service]\nEnvironment=NODE_OPTIONS=--require=/etc/lab/clock.cjs\n',
    );
    const restart = (): void => void odd.shell('systemctl daemon-reload && systemctl restart holdfast');
    restart();
    onTestFinished(async () => {
      odd.run(['rm', '/etc/systemd/system/holdfast.service.d/clock.conf']);
      restart();
      lab.git('revert', '--no-edit', 'HEAD');
      await allAt(lab.commit({}, ''));
    });
    const moment = inSeconds(SOON_S);
    const sha = lab.commit(password(moment, []), `Lockstep: with a clock that is ${seconds} s off`);
    const before = HOSTS.map((n) => lab.host(n).read('/etc/keepalived/keepalived.conf'));
    const said = HOSTS.map((n) => lab.host(n).cursor());
    await Promise.all(
      HOSTS.map((n) =>
        untilReported(
          lab.host(n),
          'to refuse it when its moment is over',
          (s) => s.refused?.commit?.sha === sha,
        ),
      ),
    );
    expect(HOSTS.map((n) => lab.host(n).read('/etc/keepalived/keepalived.conf'))).toEqual(before);
    const all = HOSTS.flatMap((n) =>
      lab
        .host(n)
        .journal(said[n - 1])
        .map(({ MESSAGE }) => MESSAGE),
    ).join('\n');
    expect(all).toMatch(/has a clock that differs by about [123] s/);
    expect(all).toContain('so no host moves');
  });
});
