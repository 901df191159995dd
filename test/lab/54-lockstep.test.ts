import { describe, expect, it, onTestFinished } from 'vitest';
import { DEAD, SERVER_PORTS } from '../support/bad-changes.ts';
import { replaced } from '../support/changed-template.ts';
import { allAt, statusOf, untilReported } from '../support/cluster.ts';
import { HOSTS, lab, VIP, waitFor } from '../support/lab.ts';
import {
  backTogether,
  clusterWith,
  expectOneOwner,
  FIELDS,
  inSeconds,
  movedTogether,
  movingTogether,
  NEXT_VIP,
  SOON_S,
} from '../support/lockstep.ts';
import { watchOwners } from '../support/vip-owners.ts';

/** What all hosts must agree on. Each field by itself, hosts that were away, and clocks that differ: npm run soak. */

movingTogether();

const A_MINUTE_MS = 60_000;
const routerId = (at: Date | null) => ({
  'cluster.yaml': clusterWith([[/routerId: \d+/, 'routerId: 88']], at),
});

/** As a person does, on a checkout of their own. */
function validated(): { readonly exitCode: number; readonly stderr: string } {
  const ssh = 'ssh -i /etc/holdfast/deploy_key -o UserKnownHostsFile=/etc/holdfast/known_hosts';
  const clone = `rm -rf /root/state && GIT_SSH_COMMAND="${ssh}" git clone -q git@10.1.0.254:/srv/state.git /root/state`;
  return lab.host(1).shell(`${clone} && holdfast validate /root/state`, { allowFail: true });
}

function reverted(): Promise<unknown> {
  lab.git('revert', '--no-edit', 'HEAD');
  return allAt(lab.commit({}, ''));
}

describe('a commit that changes what all hosts must agree on, without a moment that can come', () => {
  it.each([
    ['no rollout.at', null, 'rollout.at does not say when'],
    ['one that is past', new Date(Date.now() - A_MINUTE_MS), 'is past'],
    ['one in two days', new Date(Date.now() + 48 * 60 * A_MINUTE_MS), 'more than a day off'],
  ])('%s: validate and every host refuse it, and nothing moves', async (_what, at, why) => {
    const sha = lab.commit(routerId(at), 'Another VRID');
    onTestFinished(() => reverted().then(() => undefined));
    const { exitCode, stderr } = validated();
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: expect.stringMatching(/cluster\.yaml:\d+:\d+: /),
    });
    expect(stderr).toContain(why);
    for (const n of HOSTS) {
      const { refused } = await untilReported(
        lab.host(n),
        'to refuse it',
        (s) => s.refused?.commit?.sha === sha,
      );
      expect(refused?.reasons.join()).toMatch(new RegExp(`cluster\\.yaml:\\d+:\\d+: .*${why}.*Write a time`));
      expect(lab.host(n).read('/etc/keepalived/keepalived.conf')).toContain('virtual_router_id 51');
    }
  });
});

describe('a commit that changes what all hosts must agree on', () => {
  it('moves all of them at one moment: never two owners, and the virtual IP is away for at most 5 s', async () => {
    const at = inSeconds(SOON_S);
    const owners = await movedTogether('a password and another address', {
      ...FIELDS['password']!(at),
      'cluster.yaml': clusterWith(
        [
          [/authPass: .*/, 'authPass: { file: vrrp-password }'],
          [/^vip: .*/m, `vip: ${NEXT_VIP}`],
        ],
        at,
      ),
    });
    expectOneOwner(owners);
    await backTogether();
  });

  it('with which the virtual IP does not answer: all go back', async () => {
    const before = HOSTS.map((n) => statusOf(lab.host(n)).commit?.sha);
    const watch = watchOwners([VIP, NEXT_VIP]);
    const sha = lab.commit(
      {
        'cluster.yaml': clusterWith([[/^vip: .*/m, `vip: ${NEXT_VIP}`]], inSeconds(SOON_S)),
        'files/haproxy.cfg.eta': (old) => replaced(old, SERVER_PORTS, DEAD),
      },
      'Another address, with nobody behind it',
    );
    onTestFinished(() => reverted().then(() => undefined));
    await Promise.all(
      HOSTS.map((n) =>
        untilReported(
          lab.host(n),
          'to have taken it back',
          ({ lastChange }) => lastChange?.commit?.sha === sha && lastChange.end === 'rolled back',
        ),
      ),
    );
    expect(HOSTS.map((n) => statusOf(lab.host(n)).commit?.sha)).toEqual(before);
    await waitFor(
      'the one owner of the virtual IP',
      () => lab.owners(),
      30_000,
      (owners) => owners.length === 1,
    );
    expect((await watch.stop()).twoForMs).toBeLessThanOrEqual(1_000);
  });

  it('that one host has not heard of: none moves', async () => {
    lab.host(3).run(['systemctl', 'stop', 'holdfast']);
    const sha = lab.commit(routerId(inSeconds(SOON_S)), 'Another VRID, without kubernetes-node-3');
    onTestFinished(async () => {
      lab.host(3).run(['systemctl', 'start', 'holdfast']);
      await reverted();
    });
    for (const n of [1, 2]) {
      await untilReported(lab.host(n), 'to refuse it', ({ refused }) => refused?.commit?.sha === sha);
      const story = lab
        .host(n)
        .run(['journalctl', '-u', 'holdfast', '-n', '20', '-o', 'cat', '--no-pager']).stdout;
      expect(story).toContain('kubernetes-node-3 does not answer');
      expect(story).toContain('no host moves');
    }
    for (const n of HOSTS)
      expect(lab.host(n).read('/etc/keepalived/keepalived.conf')).toContain('virtual_router_id 51');
  });
});
