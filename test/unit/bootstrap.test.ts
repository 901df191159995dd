import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { parseAgentConfig } from '../../agent/config.ts';
import { addressOf } from '../../agent/host/git-remote.ts';
import { freshFolder } from './host/fresh-folder.ts';

/** scripts/bootstrap.sh as far as it goes without a host: what may be typed, what it writes, and a card at rest. */

const TOP = new URL('../..', import.meta.url).pathname;
const SCRIPT = join(TOP, 'scripts/bootstrap.sh');

type Ran = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

/** Root, or who looks like root to itself: a card's files are root's. */
const asRoot = process.getuid?.() === 0 ? [] : ['unshare', '--map-root-user'];

function run(script: string, ...args: readonly string[]): Ran {
  const [program, ...words] = [...asRoot, 'bash', script, ...args];
  const { status, stdout, stderr } = spawnSync(program!, words, { encoding: 'utf8', input: '' });
  return { status, stdout, stderr };
}

/** A line of bash that knows the script's parts. */
function inParts(line: string, ...args: readonly string[]): string {
  const text = `set -euo pipefail; ROOT=''; for part in "$0"/scripts/bootstrap/*.sh; do . "$part"; done; ${line}`;
  return execFileSync('bash', ['-c', text, TOP, ...args], { encoding: 'utf8' });
}

describe('what was mistyped is said in one sentence, with exit 64', () => {
  it.each([
    [[], /Which state repository\? Say --repo/],
    [['--repo', 'state.git'], /no address\. Write git@git\.home:state\.git/],
    [['--repo', 'http://git.home/state.git'], /not protected on its way/],
    [
      ['--repo', 'git@git.home:s', '--hostname', 'Node_2'],
      /"Node_2" is no hostname: small letters, digits and dashes/,
    ],
    [['--repo', 'git@git.home:s', '--commit', '1234'], /give --allowed-signers as well/],
    [
      ['--repo', 'git@git.home:s', '--commit', '1234', '--allowed-signers', '/etc/hostname'],
      /not the whole name of a commit.*forty digits/,
    ],
    [['--repo', 'git@git.home:s', '--branch', 'a b'], /"a b" is no branch/],
    [['--repo', 'git@git.home:s', '--branch', 'a..b'], /"a\.\.b" is no branch/],
    [['--repo', 'git@git.home:s', '--path', '/srv'], /"\/srv" is no folder of the repository/],
    [['--repo', 'git@git.home:s', '--path', 'a/../..'], /is no folder of the repository/],
    [['--repo', 'git@git.home:s', '--path', 'a\n--yes'], /--path wants one line/],
    [['--repo', 'git@git.home:my state.git'], /is no address/],
    [['--repo', 'ssh://git@git.home:twenty/s'], /names no host, or no port/],
    [['--repo', 'ssh:///srv/s'], /names no host, or no port/],
    [['--repo', 'https://git.home/s', '--deploy-key', '/etc/hostname'], /are for an address over SSH/],
    [['--repo', 'git@git.home:s', '--wait', 'long'], /--wait takes seconds, not "long"/],
    [['--repo', 'git@git.home:s', '--root', '/mnt', '--at-boot'], /give one of them/],
    [['--repo'], /--repo wants a value/],
    // A variable that was never set: without a card it would be this system.
    [['--repo', 'git@git.home:s', '--root', ''], /--root wants a value/],
    [['--repo', 'git@git.home:s', '--root='], /--root wants a value/],
    [['--repo', 'git@git.home:s', '--branch', '--yes'], /--branch wants a value/],
    [['--repo', 'git@-oProxyCommand=sh:s'], /names no host, or no port/],
    [['--rep', 'git@git.home:s'], /There is no option --rep/],
    [['state.git'], /"state\.git" is no option/],
  ])('%j', (args, says) => {
    const { status, stdout, stderr } = run(SCRIPT, ...args);
    expect({ status, stdout }).toEqual({ status: 64, stdout: '' });
    expect(stderr).toMatch(says);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

test('an agent that is at work when the same command is given again is waited for', () => {
  const folder = freshFolder();
  // Busy twice, as after a power cut; then its plan, which is not a word about the lock.
  const agent = `STAGE=$1; echo 2 >"$1/busy"
    agent() { local n; n=$(cat "$STAGE/busy"); [ "$n" = 0 ] || { echo $((n - 1)) >"$STAGE/busy"; return 75; }; echo '{"source":{"ok":true}}'; return 2; }`;
  const line = `${agent}; repository_problem 2>"$1/said"; cat "$1/plan.json"; grep -c 'at work on this host' "$1/said"`;
  expect(inParts(line, folder)).toBe('{"source":{"ok":true}}\n2\n');
});

test('--help names every option that there is', () => {
  const { status, stdout } = run(SCRIPT, '--help');
  expect(status).toBe(0);
  const text = readFileSync(join(TOP, 'scripts/bootstrap/arguments.sh'), 'utf8');
  const taken = [...text.matchAll(/^ +(--[a-z-]+)(?: \| -h)?\) /gm)].map(([, option]) => option!);
  expect(taken.length).toBeGreaterThan(15);
  const internal = ['--first-boot', '--help'];
  for (const option of taken.filter((one) => !internal.includes(one))) expect(stdout).toContain(option);
});

test.each([
  'git@git.home:state.git',
  'git.home:state.git',
  'git.home:state@v2.git',
  'git@[fd00::7]:state.git',
  'ssh://git@git.home/state.git',
  'ssh://git@[fd00::7]/state.git',
  'ssh://git@[fd00::7]:2222/state.git',
  'ssh://git@git.home:2222/srv/state.git',
  'ssh://git@10.1.0.254/~/state.git',
  'https://git.home/state.git',
  'https://me:token@git.home:8443/state.git',
  '/srv/state.git',
  'file:///srv/state.git',
])('%s leads to the server that the agent will ask', (url) => {
  const said = inParts('REPO=$1; git_host_parse; echo "$GIT_TRANSPORT $GIT_HOST $GIT_PORT"', url);
  const { transport, host, port } = addressOf(url);
  const usual = { ssh: '22', https: '443', file: '', other: '' }[transport];
  expect(said.trim()).toBe(`${transport} ${host ?? ''} ${port ?? usual}`.trim());
});

test.each([
  'git@git.home:state.git',
  'https://me:token@git.home:8443/state.git',
  'https://token@git.home/state.git',
  'https://git.home/state.git?access_token=token',
  'ssh://git:password@git.home/state.git',
  'ftp://me:password@git.home/state.git',
])('shows %s as the agent does, without what is secret in it', (url) => {
  expect(inParts('REPO=$1; repo_shown', url).trim()).toBe(addressOf(url).shown);
});

describe('a password or a token in what is typed, which is in the log of sudo by then,', () => {
  it.each([
    'https://me:sekrit@git.home/state.git',
    'https://sekrit@git.home/state.git',
    'https://git.home/state.git?access_token=sekrit',
    'ssh://git:sekrit@git.home/state.git',
    'me:sekrit@git.home:state.git',
  ])('is refused, and said to be used up, with the two ways out: %s', (url) => {
    for (const more of [['--dry-run'], ['--root', '/mnt', '--dry-run']]) {
      const { status, stdout, stderr } = run(SCRIPT, '--repo', url, ...more);
      expect({ status, stdout, lines: stderr.trim().split('\n').length }).toEqual({
        status: 64,
        stdout: '',
        lines: 1,
      });
      expect(stderr).toMatch(
        /make a new one\. Use a deploy key.* or write the address .* into \/etc\/holdfast\/agent\.yaml/,
      );
      expect(stderr).not.toContain('sekrit');
    }
  });

  it.each([
    [['--repo', 'http://me:sekrit@git.home/state.git'], 'http://***@git.home/'],
    [['https://me:sekrit@git.home/state.git'], '"https://***@git.home/state.git" is no option'],
    [['--repo', 'https://me:sek rit@git.home/state.git'], 'https://***@git.home/'],
  ])('is not said where something else is wrong: %j', (args, says) => {
    const { status, stderr } = run(SCRIPT, ...args);
    expect({ status, stderr }).toEqual({ status: 64, stderr: expect.stringContaining(says) as string });
    expect(stderr).not.toMatch(/sek|rit@/);
  });
});

describe('the agent.yaml that it writes', () => {
  it('says to the agent what was typed, quotes and all', () => {
    const typed = ['--repo', "git@git.home:it's-mine.git", '--branch', 'main#1', '--path', "a: 'b'"];
    const text = inParts('arguments_read "$@"; configuration', ...typed, '--hostname', 'kubernetes-node-2');
    const { config, diagnostics } = parseAgentConfig(text, 'agent.yaml');
    expect(diagnostics).toEqual([]);
    expect(config).toMatchObject({
      repository: {
        url: "git@git.home:it's-mine.git",
        branch: 'main#1',
        path: "a: 'b'",
        sshKey: '/etc/holdfast/deploy_key',
        knownHosts: '/etc/holdfast/known_hosts',
      },
      hostname: 'kubernetes-node-2',
      identity: '/etc/holdfast/age.key',
    });
  });

  it('says whose signatures are asked for, before their file is in its place', () => {
    const text = inParts(
      'arguments_read --repo git@git.home:state.git --allowed-signers /etc/hostname; configuration',
    );
    expect(parseAgentConfig(text, 'agent.yaml').config).toMatchObject({
      verify: { signers: { allowedSigners: '/etc/holdfast/allowed_signers' } },
    });
  });

  it('says a hostname that YAML would take for a number', () => {
    const text = inParts('arguments_read --repo git@git.home:state.git --hostname 42; configuration');
    expect(parseAgentConfig(text, 'agent.yaml').config).toMatchObject({ hostname: '42' });
  });
});

test.each([
  ['released', /is released, and nothing is applied on it until: sudo holdfast resume/],
  ['paused', /is paused, and nothing is applied on it until: sudo holdfast resume/],
  ['rolled back', /is rolled back\. It goes on following the repository/],
])('says of a host that is %s whether it goes on by itself', (outcome, says) => {
  const around = 'agent() { echo "{}"; }; screen_health() { :; }; screen_next() { :; }; disk_sync() { :; }';
  const line = `${around}; STAGE=$1 OUTCOME=$2; (screen) 2>&1 || true`;
  expect(inParts(line, freshFolder(), outcome)).toMatch(says);
});

test.each([
  ['inactive', 'held\n'],
  ['active', ''],
])('an agent that is %s is not started by the package before the plan is shown', (state, held) => {
  const around = `HELD=$1/held STAGE=$1/stage; disk_sync() { :; }; systemctl() { echo ${state}; }; package_is_there() { :; }; package_version() { :; }`;
  // What an interrupted run has left of the package may be configured here already.
  const line = `${around}; eval "dpkg_put_right() { ls '$1'; }"; package_install >"$1.said"; sed '/^-/d' "$1.said"; rm "$1.said"`;
  expect(inParts(line, freshFolder())).toBe(held);
});

test('what cannot be written is said in one sentence, and no half of it is left', () => {
  const folder = freshFolder();
  mkdirSync(join(folder, 'in-the-way/of-it'), { recursive: true });
  const line = 'STAGE=$1; trap "ls $1" EXIT; echo x | put 0600 "$1/in-the-way" 2>&1';
  const said = inParts(`(${line}) || true`, folder);
  expect(said).toMatch(/^bootstrap: .*in-the-way could not be written \(.*\)\. Make room.*\n/);
  expect(said.split('\n')).not.toContain('in-the-way.new');
});

test.each([
  ['another shell', 'dash "$0"'],
  ['a pipe', 'bash <"$0"'],
])('says how it is run where %s reads it', (_who, line) => {
  const { status, stderr } = spawnSync('sh', ['-c', line, SCRIPT], { encoding: 'utf8' });
  expect({ status, lines: stderr.trim().split('\n').length }).toEqual({ status: 64, lines: 1 });
  expect(stderr).toContain('sudo bash ./bootstrap.sh');
});

test('gives the host its name in /etc/hosts once, in place of the one that it had', () => {
  const root = freshFolder();
  mkdirSync(join(root, 'etc'));
  const hosts = join(root, 'etc/hosts');
  const named = (): string => inParts('ROOT=$1 NEW_HOSTNAME=kubernetes-node-2; hosts_with_own_name', root);
  writeFileSync(hosts, '127.0.0.1 localhost\n127.0.1.1 raspberrypi\n');
  expect(named()).toBe('127.0.0.1 localhost\n127.0.1.1\tkubernetes-node-2\n');
  for (const own of ['10.1.1.2 kubernetes-node-2', '127.0.1.1 kubernetes-node-2.home kubernetes-node-2']) {
    writeFileSync(hosts, `127.0.0.1 localhost\n${own}\n`);
    expect(named()).toBe(`127.0.0.1 localhost\n${own}\n`);
  }
  writeFileSync(hosts, '127.0.0.1 localhost # kubernetes-node-2\n');
  expect(named()).toBe('127.0.0.1 localhost # kubernetes-node-2\n127.0.1.1\tkubernetes-node-2\n');
});

describe('a card at rest', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bootstrap-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const [known, deb, half] = ['known_hosts', 'holdfast.deb', 'half.deb'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  const single = join(folder, 'bootstrap.sh');
  const REPO = ['--repo', 'git@git.home:state.git', '--hostname', 'kubernetes-node-2'];
  beforeAll(() => {
    const built = execFileSync('node', ['scripts/deb.mjs', join(folder, 'dist')], {
      cwd: TOP,
      encoding: 'utf8',
    });
    execFileSync('cp', [built.trim(), deb]);
    execFileSync('cp', [join(folder, 'dist/bootstrap.sh'), single]);
    // As a copy that was interrupted near its end.
    execFileSync('sh', ['-c', 'head -c -2000 "$1" >"$2"', 'sh', deb, half]);
    const { stdout } = spawnSync('ssh-keygen', [
      '-q',
      '-t',
      'ed25519',
      '-N',
      '',
      '-f',
      join(folder, 'server'),
    ]);
    expect(stdout.toString()).toBe('');
    writeFileSync(known, `git.home ${readFileSync(join(folder, 'server.pub'), 'utf8')}`);
  }, 60_000);

  const card = (codename = 'trixie', architecture = 'arm64'): string => {
    const root = freshFolder();
    for (const path of ['etc/cloud/cloud.cfg.d', 'var/lib/dpkg'])
      mkdirSync(join(root, path), { recursive: true });
    writeFileSync(
      join(root, 'etc/os-release'),
      `PRETTY_NAME="Debian (${codename})"\nVERSION_CODENAME=${codename}\n`,
    );
    writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n');
    writeFileSync(join(root, 'var/lib/dpkg/status'), `Package: dpkg\nArchitecture: ${architecture}\n`);
    return root;
  };
  const listing = (root: string): readonly string[] =>
    execFileSync('find', [root, '-mindepth', '1', '-printf', '%P %y %m %T@ %l\\n'], { encoding: 'utf8' })
      .split('\n')
      .toSorted();

  it('gets name, keys, the package and this program, and says where the public halves belong', () => {
    const root = card();
    const { status, stdout, stderr } = run(single, '--root', root, ...REPO, '--known-hosts', known);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const modes = listing(root).map((line) => line.split(' ').slice(0, 3).join(' '));
    for (const line of [
      'etc/holdfast/deploy_key f 600',
      'etc/holdfast/age.key f 600',
      'etc/holdfast/known_hosts f 644',
      'var/lib/holdfast-first-boot d 700',
      'var/lib/holdfast-first-boot/arguments f 600',
      'etc/systemd/system/multi-user.target.wants/holdfast-first-boot.service l 777',
    ])
      expect(modes).toContain(line);
    const read = (path: string): string => readFileSync(join(root, path), 'utf8');
    expect(read('etc/hostname')).toBe('kubernetes-node-2\n');
    expect(read('etc/hosts')).toContain('127.0.1.1\tkubernetes-node-2');
    expect(read('etc/cloud/cloud.cfg.d/99-holdfast-hostname.cfg')).toBe('preserve_hostname: true\n');
    expect(read('var/lib/holdfast-first-boot/arguments').split('\n')).toEqual([...REPO, '']);
    expect(read('var/lib/holdfast-first-boot/bootstrap.sh')).toBe(readFileSync(single, 'utf8'));
    expect(read('etc/systemd/system/holdfast-first-boot.service')).toBe(
      readFileSync(join(TOP, 'systemd/holdfast-first-boot.service'), 'utf8'),
    );
    const [, publicKey] = read('etc/holdfast/deploy_key.pub').split(' ');
    expect(stdout).toContain(`ssh-ed25519 ${publicKey} holdfast@kubernetes-node-2`);
    expect(stdout).toMatch(/holdfast secret recipients add kubernetes-node-2 age1[a-z0-9]{58}\n/);
    expect(stdout).not.toMatch(/PRIVATE|AGE-SECRET/);
  });

  it('is left as it is by the same command, whether from the checkout or as one file', () => {
    const root = card();
    run(single, '--root', root, ...REPO, '--known-hosts', known);
    const before = listing(root);
    expect(run(SCRIPT, '--root', root, ...REPO, '--deb', deb).status).toBe(0);
    expect(listing(root)).toEqual(before);
  });

  it('is refused while its name is the one of every fresh image, and nothing is written', () => {
    const named = (text: string | null): Ran => {
      const root = card();
      if (text !== null) writeFileSync(join(root, 'etc/hostname'), text);
      const before = listing(root);
      const ran = run(single, '--root', root, ...REPO.slice(0, 2), '--known-hosts', known);
      if (ran.status !== 0) expect(listing(root)).toEqual(before);
      return ran;
    };
    for (const name of ['raspberrypi\n', 'localhost\n', 'debian.home\n', '', '# none yet\n', null])
      expect(named(name)).toMatchObject({
        status: 1,
        stdout: '',
        stderr: expect.stringMatching(
          /hostname is still [a-z]+,.* Say which node it is to be: --hostname/,
        ) as string,
      });
    expect(named('kubernetes-node-3\n').status).toBe(0);
  });

  it('is looked at by a dry run as it is for real, and nothing is written', () => {
    const [root, key] = [card(), join(freshFolder(), 'key')];
    const before = listing(root);
    const dry = (...more: readonly string[]): Ran =>
      run(single, '--root', root, ...REPO, ...more, '--dry-run');
    writeFileSync(key, readFileSync(join(folder, 'server'), 'utf8').replaceAll('\n', '\r\n'));
    expect(dry('--known-hosts', known, '--deploy-key', key)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('line ends of Windows') as string,
    });
    expect(dry('--known-hosts', key).stderr).toContain('has no key of git.home');
    expect(dry().stderr).toContain('Nobody has said which key the Git server git.home has');
    expect(dry('--known-hosts', known)).toMatchObject({ status: 0, stderr: '' });
    expect(listing(root)).toEqual(before);
  });

  it('gets the keys that are given', () => {
    const root = card();
    const key = join(folder, 'server');
    expect(run(single, '--root', root, ...REPO, '--known-hosts', known, '--deploy-key', key).status).toBe(0);
    expect(readFileSync(join(root, 'etc/holdfast/deploy_key'), 'utf8')).toBe(readFileSync(key, 'utf8'));
    expect(statSync(join(root, 'etc/holdfast/deploy_key')).mode & 0o777).toBe(0o600);
  });

  it('asks for signatures at its first boot where they are asked for, also with an agent.yaml of its own', () => {
    const [root, signers] = [card(), join(freshFolder(), 'signers')];
    writeFileSync(signers, `me@home ${readFileSync(join(folder, 'server.pub'), 'utf8')}`);
    const given = ['--known-hosts', known, '--allowed-signers', signers];
    expect(run(single, '--root', root, ...REPO, ...given)).toMatchObject({ status: 0, stderr: '' });
    const says = readFileSync(join(root, 'var/lib/holdfast-first-boot/arguments'), 'utf8');
    expect(says.split('\n')).toEqual([...REPO, '--allowed-signers', '/etc/holdfast/allowed_signers', '']);
    expect(readFileSync(join(root, 'etc/holdfast/allowed_signers'), 'utf8')).toBe(
      readFileSync(signers, 'utf8'),
    );
  });

  it('keeps the keys that others take the place of', () => {
    const [root, identity] = [card(), join(freshFolder(), 'age.key')];
    const before = ['deploy_key', 'age.key'].map((name) => join(root, 'etc/holdfast', name));
    run(single, '--root', root, ...REPO, '--known-hosts', known);
    const made = before.map((path) => readFileSync(path, 'utf8'));
    writeFileSync(identity, made[1]!);
    const given = ['--deploy-key', join(folder, 'server'), '--identity', identity];
    const ends = [1, 2].map(() => run(single, '--root', root, ...REPO, ...given).status);
    expect(ends).toEqual([0, 0]);
    expect(readFileSync(`${before[0]}.before`, 'utf8')).toBe(made[0]);
    expect(statSync(`${before[0]}.before`).mode & 0o777).toBe(0o600);
    expect(listing(root).join('\n')).not.toContain('age.key.before');
  });

  it.each([
    ['bookworm', 'arm64', [], /runs Debian \(bookworm\), and Holdfast needs Debian 13.*Flash a card/],
    ['trixie', 'armhf', [], /32-bit.*\(armhf\).*Flash the 64-bit image/],
    ['trixie', 'arm64', [], /Nobody has said which key the Git server git\.home has.*ssh-keyscan/],
    ['trixie', 'arm64', ['--known-hosts', '/etc/hostname'], /\/etc\/hostname has no key of git\.home/],
    [
      'trixie',
      'arm64',
      ['--known-hosts', known, '--deploy-key', '/etc/hostname'],
      /no private SSH key, or not all of one/,
    ],
    [
      'trixie',
      'arm64',
      ['--known-hosts', known, '--identity', '/etc/hostname'],
      /holds no private key of age/,
    ],
    ['trixie', 'arm64', ['--known-hosts', '/etc'], /\/etc is not there, is no file, or cannot be read/],
    ['trixie', 'arm64', ['--deb', SCRIPT], /is not Holdfast's package, or not all of it/],
    [
      'trixie',
      'arm64',
      ['--deb', half],
      /half\.deb is not Holdfast's package, or not all of it\. Copy it again/,
    ],
  ])('%s for %s with %j is refused in one sentence', (codename, architecture, more, says) => {
    const { status, stderr } = run(single, '--root', card(codename, architecture), ...REPO, ...more);
    expect(status).toBe(1);
    expect(stderr).toMatch(says);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('where something cannot be written is said so once', () => {
    const root = card();
    mkdirSync(join(root, 'etc/hostname/in-the-way'), { recursive: true });
    const { status, stderr } = run(single, '--root', root, ...REPO, '--known-hosts', known);
    expect({ status, lines: stderr.trim().split('\n') }).toEqual({
      status: 1,
      lines: [expect.stringMatching(/hostname could not be written \(.*\)\. Make room/)],
    });
  });

  it('is refused where a folder of it leads to the machine that prepares it, and no key is written there', () => {
    const [root, elsewhere] = [card(), freshFolder()];
    symlinkSync(elsewhere, join(root, 'etc/holdfast'));
    const { status, stderr } = run(single, '--root', root, ...REPO, '--known-hosts', known);
    expect(status).toBe(1);
    expect(stderr).toContain(`leads to ${elsewhere}/deploy_key, which is not on the card`);
    expect(listing(elsewhere)).toEqual(['']);
  });

  it('keeps the name under which it has joined Kubernetes', () => {
    const root = card();
    mkdirSync(join(root, 'etc/kubernetes'));
    writeFileSync(join(root, 'etc/kubernetes/kubelet.conf'), '');
    writeFileSync(join(root, 'etc/hostname'), 'kubernetes-node-1\n');
    const before = listing(root);
    const { status, stderr } = run(single, '--root', root, ...REPO, '--known-hosts', known);
    expect(status).toBe(1);
    expect(stderr).toMatch(/called kubernetes-node-1 and has joined Kubernetes.*not renamed/);
    expect(listing(root)).toEqual(before);
  });

  it('is refused in one sentence where it is not there, or is there to be read only', () => {
    const ran = run(single, '--root', join(folder, 'nowhere'), ...REPO, '--known-hosts', known);
    expect(ran).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/nowhere is no folder\. Mount/) as string,
    });
    // In a mount namespace of its own, where this is a file system.
    const line =
      'mount --bind "$2" "$2" && mount -o remount,bind,ro "$2" && shift && exec bash "$0" --root "$@"';
    const [root, words] = [card(), [...REPO, '--known-hosts', known]];
    const { status, stderr } = spawnSync(
      'unshare',
      [
        '--mount',
        ...(process.getuid!() === 0 ? [] : ['--map-root-user']),
        'sh',
        '-c',
        line,
        single,
        '--',
        root,
        ...words,
      ],
      { encoding: 'utf8' },
    );
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/^bootstrap: The card .* read-only.*remount,rw.*\n$/) as string,
    });
  });

  it('is refused in one sentence where it is no Debian system', () => {
    const root = card();
    rmSync(join(root, 'var/lib/dpkg/status'));
    const { status, stderr } = run(single, '--root', root, ...REPO, '--known-hosts', known);
    expect({ status, lines: stderr.trim().split('\n').length }).toEqual({ status: 1, lines: 1 });
    expect(stderr).toContain('is no Debian system: there is no');
  });

  it('is never believed what it says of itself: its os-release is read, not run', () => {
    const root = card();
    const ran = join(folder, 'ran');
    writeFileSync(join(root, 'etc/os-release'), `VERSION_CODENAME=trixie\ntouch ${ran}\n`);
    expect(run(single, '--root', root, ...REPO, '--known-hosts', known).status).toBe(0);
    expect(spawnSync('test', ['-e', ran]).status).toBe(1);
  });
});

test('the example for cloud-init is YAML, and its command is one that bootstrap.sh takes', () => {
  const text = readFileSync(join(TOP, 'scripts/bootstrap/user-data.yaml'), 'utf8');
  expect(text.split('\n')[0]).toBe('#cloud-config');
  const { runcmd, write_files: files } = parse(text) as {
    readonly runcmd: readonly (readonly string[])[];
    readonly write_files: readonly { readonly path: string; readonly permissions: string }[];
  };
  const [[shell, script, ...args]] = runcmd as [[string, string, ...string[]]];
  expect([shell, script]).toEqual(['bash', '/boot/firmware/bootstrap.sh']);
  const repo = args[args.indexOf('--repo') + 1];
  // Not on a host: that the options are known is what is asked.
  const { status, stderr } = run(
    SCRIPT,
    ...args.filter((word) => word !== '--deb' && !word.endsWith('.deb')),
    '--dry-run',
  );
  expect(status, stderr).not.toBe(64);
  expect(repo).toBe('git@git.home:state.git');
  expect(files.map(({ path, permissions }) => `${path} ${permissions}`)).toEqual([
    '/etc/holdfast/deploy_key 0600',
    '/etc/holdfast/age.key 0600',
    '/etc/holdfast/known_hosts 0644',
  ]);
});
