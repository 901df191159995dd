import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  bootstrap,
  bootstrapping,
  command,
  copy,
  copyTo,
  cutDuring,
  forget,
  GIVEN,
  knownHosts,
  letIn,
  madeOn,
  release,
  REPOSITORY,
} from '../support/bootstrap.ts';
import { allAt, differences, masterAloneHoldsVip, picture, probed, statusOf } from '../support/cluster.ts';
import { HOSTS, lab, waitFor, type Host, type Result } from '../support/lab.ts';

/** Three hosts from fresh cards: none of git, nodejs, keepalived, haproxy and ufw, one command each, in the order 1, 2, 3. */

const [first, second, third] = HOSTS.map((n) => lab.host(n)) as [Host, Host, Host];
const built = release();
const head = lab.head();
const undo: (() => void)[] = [];
let firstEnds: () => Promise<Result>;

beforeAll(() => {
  first.card();
  second.card();
  third.card({ off: true });
  for (const host of [first, second]) copyTo(host, built);
  first.shell("sed 's/$/\\r/' /root/deploy_key >/root/windows");
}, 600_000);
afterAll(() => {
  forget(built);
  for (const back of undo) back();
  lab.git('read-tree', '-u', '--reset', head);
  lab.commit({}, 'As it was before the bootstrap');
  for (const n of HOSTS) lab.host(n).fresh();
}, 600_000);

/** All of a host but what its daemons and logs write. */
const everything = (host: Host): string =>
  host.shell(
    'find / -xdev -path /proc -prune -o -path /sys -prune -o -path /run -prune -o -path /tmp -prune -o -path /var/tmp -prune -o -path /var/log -prune -o -path /root -prune -o -printf "%p %y %m %u %g %l\\n" | sort',
  ).stdout;

describe('on a host from a fresh card bootstrap.sh', () => {
  it.each([
    ['is not root', ['setpriv', '--reuid=nobody', '--clear-groups'], [], /has to be root.* sudo/],
    [
      'has no network',
      ['unshare', '--net'],
      [],
      /has no network: no interface has an address.*Plug in the cable/,
    ],
    [
      'does not reach the Git server',
      [],
      ['--repo', 'ssh://git@10.1.0.254:2222/srv/state.git'],
      /10\.1\.0\.254.* does not answer at port 2222/,
    ],
    [
      'does not know the Git server',
      [],
      ['--repo', 'git@git.nowhere:state.git'],
      /The name git\.nowhere does not resolve here.*--repo/,
    ],
    [
      'finds half of a package',
      [],
      ['--deb', '/root/deploy_key'],
      /is not Holdfast's package, or not all of it. Copy it again/,
    ],
    [
      'is given a key that came over Windows, and has no ssh-keygen',
      [],
      ['--deploy-key', '/root/windows'],
      /\/root\/windows has the line ends of Windows \(CRLF\).*tr -d/,
    ],
  ])('that %s says so in one sentence with the way out, and changes nothing', (_what, before, more, says) => {
    const was = everything(first);
    const line = command(first, ...more);
    first.shell('chmod 0755 /root && chmod 0644 /root/*');
    const { exitCode, stderr } = first.run([...before, ...line], { allowFail: true });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(says);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(everything(first)).toBe(was);
  });

  it('waits for a clock that is earlier than the package, and then says how to set it', () => {
    copy(first, madeOn('2099-01-01', built), '/root/later.deb');
    const { exitCode, stderr } = bootstrap(first, '--deb', '/root/later.deb', '--wait', '1');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /clock of this host is not set: it says .* UTC, and .* was made on 2099-01-01\..*timedatectl set-ntp true/,
    );
  });

  it('waits for whoever holds the lock of dpkg, and says who that is', () => {
    // As fcntl(2) has it: F_SETLK, a lock for writing on the whole file.
    const held = `open F, "+<", "/var/lib/dpkg/lock-frontend"; $lock = pack "ssx4qqix4", 1, 0, 0, 0, 0; fcntl F, 6, $lock or die; sleep 600`;
    first.run(['systemd-run', '--quiet', '--unit=other-apt', '--expand-environment=no', 'perl', '-e', held]);
    const { exitCode, stdout, stderr } = bootstrap(first, ...GIVEN, '--wait', '1');
    first.run(['systemctl', 'stop', 'other-apt']);
    expect(stdout).toMatch(/apt is locked by process \d+ \(perl\): waiting at most 1 s/);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: expect.stringMatching(/apt has been locked by process \d+ \(perl\) for 1 s/),
    });
  });

  it('with --dry-run says what it would do, and changes nothing', () => {
    const was = everything(first);
    const { exitCode, stdout } = bootstrap(first, '--dry-run', '--known-hosts', '/root/known_hosts');
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`call this host ${first.name}, which is called raspberrypi now`);
    expect(stdout).toContain('make a deploy key');
    expect(everything(first)).toBe(was);
  });

  it('asks for the key of the Git server, and where nobody can be asked says how to give it', () => {
    const { exitCode, stderr } = bootstrap(first);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/Nobody has said which key the Git server 10\.1\.0\.254 has.*--known-hosts FILE/);
  });

  it('makes keys, says where their public halves belong, and goes on when the same command is given again', () => {
    const refused = bootstrap(first, '--known-hosts', '/root/known_hosts');
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/cannot follow .* yet.*run the same command again/);
    expect(refused.stdout).toMatch(/refused \/etc\/holdfast\/deploy_key/);
    const [deployKey] = /ssh-ed25519 \S+/.exec(refused.stdout)!;
    const [ageKey] = /age1\S+/.exec(refused.stdout)!;
    expect(first.run(['systemctl', 'is-active', 'holdfast'], { allowFail: true }).stdout.trim()).toBe(
      'inactive',
    );

    undo.push(letIn(deployKey));
    const unread = bootstrap(first, '--known-hosts', '/root/known_hosts');
    expect(unread).toMatchObject({ exitCode: 1 });
    expect(unread.stdout).toMatch(/secrets\/vrrp\.age is not encrypted to the key of this host/);

    lab.secrets('recipients', 'add', first.name, ageKey);
    lab.secrets('rotate', '--identity', `${lab.folder}/pki/age-admin.key`);
    lab.commit({}, 'Node 1 has a key of its own');
    firstEnds = bootstrapping(first, '--known-hosts', '/root/known_hosts');
  });
});

// From here on all three are at it at once, as somebody with three terminals would be.
describe('the same command after a power cut', () => {
  beforeAll(() => {
    const hostKey = join(built.folder, 'known_hosts');
    writeFileSync(hostKey, knownHosts());
    const who = ['--repo', REPOSITORY, '--hostname', third.name, '--known-hosts', hostKey];
    const keys = `--deploy-key ${lab.folder}/pki/deploy_key --identity ${lab.folder}/pki/age-3.key`.split(
      ' ',
    );
    execFileSync(built.script, ['--root', third.disk, ...who, ...keys], { encoding: 'utf8' });
    third.boot();
  }, 60_000);

  it('puts dpkg right first, and ends as it would have', () => {
    cutDuring(second, 'test "$(dpkg-query -Wf \'${db:Status-Status}\' nodejs)" = unpacked', GIVEN, 'cut');
    cutDuring(second, 'test -s /var/lib/holdfast/journal', GIVEN, 'cutPower');
    const { exitCode, stdout, stderr } = bootstrap(second, ...GIVEN);
    expect(exitCode, stdout + stderr).toBe(0);
    expect(stdout).toMatch(/host +kubernetes-node-2, BACKUP, VRRP priority 99/);
    expect(second.run(['dpkg', '--audit']).stdout).toBe('');
  }, 600_000);
});

it('ends with a screen that says role, virtual IP, health and the next steps', async () => {
  const { exitCode, stdout } = await firstEnds();
  expect(exitCode, stdout).toBe(0);
  expect(stdout).toMatch(/host +kubernetes-node-1, MASTER, VRRP priority 100/);
  expect(stdout).toMatch(/VIP +10\.1\.233\.1, held here/);
  expect(stdout).toMatch(/health +https:\/\/10\.1\.233\.1:6443\/healthz answers/);
  expect(stdout).toMatch(/Next:\n(.*\n)* +sudo holdfast fleet/);
});

describe('a card that was prepared with --root', () => {
  it('converges by itself at its first boot', async () => {
    await allAt(lab.head());
    await waitFor(
      'the first boot to have done its work',
      () => !third.exists('/var/lib/holdfast-first-boot'),
      60_000,
    );
    expect(
      third.shell('systemctl list-unit-files "holdfast-first*" --no-legend', { allowFail: true }).stdout,
    ).toBe('');
  });

  it('is then no different from one that was bootstrapped live', () => {
    const lines = (host: Host): readonly string[] => picture(host).split('\n');
    const contents = (host: Host): ReadonlyMap<string, string> =>
      new Map(
        lines(host).flatMap((line) =>
          /^[0-9a-f]{64} /.test(line) ? [[line.slice(66), line.slice(0, 64)]] : [],
        ),
      );
    const [here, there] = [contents(second), contents(third)];
    // They say who the host is, or who the others are.
    expect([...here.keys()].filter((path) => here.get(path) !== there.get(path))).toEqual([
      'etc/hostname',
      'etc/keepalived/keepalived.conf',
      'etc/kubernetes/manifests/kube-apiserver.yaml',
      'etc/kubernetes/patches/kube-apiserver0+strategic.yaml',
      'etc/kubernetes/patches/kube-apiserver1+json.yaml',
      'etc/machine-id',
      'etc/ufw/user.rules',
    ]);
    const alike = (host: Host): string =>
      lines(host)
        .filter((line) => !/^[0-9a-f]{64} /.test(line))
        .join('\n')
        .replaceAll(/10\.1\.1\.[23]\b/g, 'ADDRESS');
    expect(differences(alike(second), alike(third))).toEqual([]);
  });
});

describe('afterwards', () => {
  it('the cluster has converged, one host holds the virtual IP, and it answers', async () => {
    await allAt(lab.head());
    await masterAloneHoldsVip();
    const { failures, reasons } = await probed(() => undefined);
    expect({ failures, reasons }).toEqual({ failures: 0, reasons: {} });
  });

  it('every command given again changes nothing', async () => {
    copyTo(third, built);
    const all = [first, second, third];
    const before = all.map((host) => [picture(host), statusOf(host).generation]);
    const ends = all.map((host) => bootstrapping(host, '--known-hosts', '/root/known_hosts'));
    for (const end of ends) {
      const { exitCode, stdout } = await end();
      expect(exitCode, stdout).toBe(0);
      expect(stdout).toContain('is installed already');
      expect(stdout).toContain('nothing would change');
    }
    expect(all.map((host) => [picture(host), statusOf(host).generation])).toEqual(before);
  });

  it('a deploy key that the Git server refuses takes no place, and the agent goes on with the one before', async () => {
    const places = (): string =>
      third.shell('cd /etc/holdfast && stat -c "%n %a %Y" * && sha256sum *').stdout;
    const was = places();
    third.shell("ssh-keygen -q -t ed25519 -N '' -f /root/wrong");
    const { exitCode, stdout } = bootstrap(
      third,
      '--known-hosts',
      '/root/known_hosts',
      '--deploy-key',
      '/root/wrong',
    );
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/refused \/root\/wrong/);
    expect(places()).toBe(was);
    expect(third.shell('ls -d /run/holdfast-bootstrap.??????', { allowFail: true }).stdout).toBe('');
    lab.commit({ 'NOTES.md': 'a note\n' }, 'After a wrong key');
    await allAt(lab.head(), [3]);
  });

  it('an agent.yaml in another hand stays, and is followed again once a value in it is another one', () => {
    const mine = `# mine\nrepository: { url: "${REPOSITORY}", sshKey: /etc/holdfast/deploy_key, knownHosts: '/etc/holdfast/known_hosts' }\n`;
    third.write('/etc/holdfast/agent.yaml', mine);
    third.run(['chmod', '0600', '/etc/holdfast/agent.yaml']);
    const same = bootstrap(third);
    expect(same.exitCode, same.stdout + same.stderr).toBe(0);
    expect(third.read('/etc/holdfast/agent.yaml')).toBe(mine);
    lab.git('push', 'origin', 'HEAD:refs/heads/next');
    undo.push(() => lab.git('push', 'origin', '--delete', 'next'));
    const pid = (): string => third.run(['systemctl', 'show', '-p', 'MainPID', '--value', 'holdfast']).stdout;
    const before = pid();
    const { exitCode, stdout } = bootstrap(third, '--branch', 'next');
    expect(exitCode, stdout).toBe(0);
    expect(third.read('/etc/holdfast/agent.yaml')).toBe(mine.replace(' }', ", branch: 'next' }"));
    expect(pid()).not.toBe(before);
    expect(third.run(['holdfast', 'config']).stdout).toContain('repository.branch: next\n');
  });
});
