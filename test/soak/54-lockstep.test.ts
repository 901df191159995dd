import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { allAt, statusOf, untilReported } from '../support/cluster.ts';
import { HOSTS, lab, VIP, waitFor } from '../support/lab.ts';
import { backTogether, clusterWith, FIELDS, inSeconds, movedTogether, SOON_S } from '../support/lockstep.ts';
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
      for (const owners of [there, back]) {
        expect.soft(owners?.twoForMs, owners?.story.join('; ')).toBeLessThanOrEqual(1_000);
        expect.soft(owners?.nobodyForMs, owners?.story.join('; ')).toBeLessThanOrEqual(5_000);
      }
    },
  );
});

describe('a host that was away meanwhile', () => {
  it('keeps keepalived stopped at boot until it has what the others have: never two owners', async () => {
    const away = lab.host(3);
    await waitFor(
      'its disk to hold that it was well',
      () => statusOf(away).outcome,
      60_000,
      (o) => o === 'in desired state',
    );
    away.sync();
    away.cut();
    onTestFinished(() => (away.isRunning() ? undefined : away.boot()));
    const sha = lab.commit(
      password(inSeconds(60), ['unreachable: 20s']),
      'Lockstep: without kubernetes-node-3',
    );
    await allAt(sha, [1, 2]);
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
    const said = away.run([
      'journalctl',
      '-b',
      '-o',
      'cat',
      '--no-pager',
      '-u',
      'holdfast',
      '-u',
      'holdfast-agree',
    ]).stdout;
    expect(said).toContain('keepalived is kept stopped here: kubernetes-node-1 and kubernetes-node-2');
    expect(said).toContain('is applied at once');
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
