import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bootstrap, copyTo, cutDuring, forget, GIVEN, release } from '../support/bootstrap.ts';
import { allAt, differences, masterAloneHoldsVip, picture, statusOf } from '../support/cluster.ts';
import { HOSTS, lab, waitFor, type Host } from '../support/lab.ts';

/** The long form of test/lab/81-bootstrap.test.ts: both orders, and the power gone at every stage. */

const built = release();
afterAll(() => {
  forget(built);
  for (const n of HOSTS) lab.host(n).fresh();
}, 600_000);

const ended = (n: number): void => {
  const { exitCode, stdout, stderr } = bootstrap(lab.host(n), ...GIVEN);
  expect(exitCode, stdout + stderr).toBe(0);
};

describe.each([[[1, 2, 3]], [[3, 1, 2]]])('three hosts from fresh cards, in the order %j', (order) => {
  beforeAll(() => {
    for (const n of HOSTS) lab.host(n).card();
    for (const n of HOSTS) copyTo(lab.host(n), built);
  }, 600_000);

  it('converge with one command each, and host 1 alone has the virtual IP', async () => {
    for (const n of order) ended(n);
    await allAt(lab.head());
    await masterAloneHoldsVip();
  });

  it('are not changed by the same commands', () => {
    const before = HOSTS.map((n) => [picture(lab.host(n)), statusOf(lab.host(n)).generation]);
    for (const n of order) ended(n);
    expect(HOSTS.map((n) => [picture(lab.host(n)), statusOf(lab.host(n)).generation])).toEqual(before);
  });
});

it('with --at-boot a host converges in the background, also when the Git server was away at first', async () => {
  const host = lab.host(3);
  host.card();
  copyTo(host, built);
  lab.gitServer.stop();
  expect(bootstrap(host, ...GIVEN, '--at-boot').exitCode).toBe(0);
  host.shell('rm -r /root/*');
  const said = (): string =>
    host.run(['journalctl', '-u', 'holdfast-first-boot', '-o', 'cat', '--no-pager']).stdout;
  await waitFor('it to say what is in its way', () => /does not answer at port 22/.test(said()), 60_000);
  host.reboot();
  lab.gitServer.start();
  await allAt(lab.head(), [3]);
  await waitFor('nothing to be left of it', () => !host.exists('/var/lib/holdfast-first-boot'), 60_000);
  expect(host.exists('/etc/systemd/system/holdfast-first-boot.service')).toBe(false);
});

/** Lines for the host's shell: each comes true once, in this order, on the way from a card to a converged host. */
const MOMENTS = [
  ['apt reads what packages there are', 'ls /var/lib/apt/lists/*_Packages'],
  ['apt has fetched some of them', 'ls /var/cache/apt/archives/*.deb'],
  ['git is unpacked', 'grep -qA1 "^Package: git$" /var/lib/dpkg/status'],
  ['nodejs is unpacked and not configured', status('nodejs', 'unpacked')],
  ['holdfast is unpacked and not configured', status('holdfast', 'unpacked')],
  ['holdfast is installed', status('holdfast', 'installed')],
  ['the deploy key is there', 'test -s /etc/holdfast/deploy_key'],
  ['the repository has been fetched', 'find /var/lib/holdfast -name repository.git | grep -q .'],
  ['agent.yaml is written', 'grep -q ^repository: /etc/holdfast/agent.yaml'],
  ['haproxy is unpacked and not configured', status('haproxy', 'unpacked')],
  ['ufw is unpacked and not configured', status('ufw', 'unpacked')],
  ['the change is begun', 'test -s /var/lib/holdfast/journal'],
  ['ufw is enabled', 'grep -q ENABLED=yes /etc/ufw/ufw.conf'],
  ['keepalived runs', 'systemctl is-active --quiet keepalived'],
] as const;

function status(name: string, is: string): string {
  return `test "$(dpkg-query -Wf '\${db:Status-Status}' ${name})" = ${is}`;
}

/** Every card makes a machine-id of its own at its first boot. */
const ofAnyCard = (host: Host): string => picture(host).replaceAll(/^[0-9a-f]{64} +etc\/machine-id$/gm, '');

describe.each(['cut', 'cutPower'] as const)(
  'a host whose power goes (%s) and that gets the same command again',
  (how) => {
    const host = lab.host(2);
    let whole: string;
    /** What only ran because it was installed or had failed at one boot counts no more. */
    const afterBoot = async (): Promise<string> => {
      host.reboot();
      await allAt(lab.head(), [2]);
      return ofAnyCard(host);
    };
    beforeAll(async () => {
      host.card();
      copyTo(host, built);
      ended(2);
      whole = await afterBoot();
    }, 600_000);
    beforeEach(() => {
      host.card();
      copyTo(host, built);
    }, 600_000);

    it.each(MOMENTS)('when %s: ends the same', async (_what, moment) => {
      cutDuring(host, moment, GIVEN, how);
      ended(2);
      await allAt(lab.head(), [2]);
      expect(differences(whole, await afterBoot())).toEqual([]);
      expect(host.run(['dpkg', '--audit']).stdout).toBe('');
    });

    it.each(
      MOMENTS.filter(
        ([what]) => what.startsWith('haproxy is unpacked') || what.startsWith('ufw is unpacked'),
      ),
    )('when %s, and nobody gives it again: the agent ends the same', async (_what, moment) => {
      cutDuring(host, moment, GIVEN, how);
      await allAt(lab.head(), [2]);
      expect(differences(whole, await afterBoot())).toEqual([]);
      expect(host.run(['dpkg', '--audit']).stdout).toBe('');
    });
  },
);
