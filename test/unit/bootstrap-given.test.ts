import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { withoutHost, type Ran } from '../support/bootstrap-parts.ts';

/** What bootstrap.sh makes of the files that it is given, and of the ones that it finds. */

// Each is some starts of the program.
vi.setConfig({ testTimeout: 60_000 });

const TOP = new URL('../..', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'holdfast-given-'));
afterAll(() => rmSync(folder, { recursive: true }));
const given = (name: string): string => join(folder, 'given', name);
const host = join(folder, 'host');
const place = (name: string): string => join(host, 'etc', name);
const read = (path: string): string => readFileSync(path, 'utf8');
let program: string;

const REPO = 'git@git.home:state.git';
const keygen = (name: string, passphrase: string, ...more: readonly string[]): void =>
  void execFileSync('ssh-keygen', ['-q', '-N', passphrase, '-f', given(name), ...more]);

beforeAll(() => {
  execFileSync('node', ['scripts/build.mjs', join(folder, 'built')], { cwd: TOP, stdio: 'ignore' });
  program = join(folder, 'built/tree/usr/lib/holdfast/holdfast.cjs');
  mkdirSync(join(folder, 'given'));
  keygen('right', '', '-t', 'ed25519', '-C', 'right');
  keygen('wrong', '', '-t', 'ed25519');
  keygen('locked', 'geheim', '-t', 'ed25519');
  keygen('locked-pem', 'geheim', '-t', 'rsa', '-m', 'PEM');
  keygen('pem', '', '-t', 'rsa', '-m', 'PEM');
  const right = read(given('right'));
  writeFileSync(given('windows'), right.replaceAll('\n', '\r\n'));
  writeFileSync(given('pasted'), right.trimEnd());
  writeFileSync(given('half'), right.replace(/\n[^\n]+\n-----END/, '\n-----END'));
  writeFileSync(given('empty'), '\n');
  writeFileSync(given('putty'), 'PuTTY-User-Key-File-3: ssh-ed25519\n');
  writeFileSync(given('known_hosts'), `git.home ${read(given('right.pub'))}`);
  writeFileSync(given('signers'), `me@home ${read(given('right.pub'))}`);
  execFileSync('node', [program, 'secret', 'identity', '--identity', given('age.key')]);
  writeFileSync(given('age-windows'), read(given('age.key')).replaceAll('\n', '\r\n'));
  writeFileSync(given('age-half'), read(given('age.key')).slice(0, -9));
}, 60_000);
beforeEach(() => rmSync(host, { recursive: true, force: true }));

/** The agent itself; but the repository can be read with the right key alone, and what it was asked with is kept. */
const AGENT = (): string => `if [ "$1" != plan ]; then node ${program} "$@"; return; fi
  cp "$3" "$FOLDER/asked.yaml"
  key=$(grep -o 'sshKey: [^ ,}]*' "$3" | cut -d' ' -f2 | tr -d "'\\"")
  if cmp -s "$key" ${given('right')}; then
    echo '{"hostname":"node-2","role":"BACKUP","changes":[],"source":{"ok":true}}'
  else
    echo '{"source":{"ok":false,"why":"The Git server refused '"$key"'."}}'
  fi`;

const MAIN = 'arguments_read "$@"; host_main';
/** Where Holdfast is there before, so that a dry run can ask it. */
const INSTALLED = `package_is_whole() { :; }; ${MAIN}`;
const bootstrap = (...args: readonly string[]): Ran =>
  withoutHost(host, AGENT(), MAIN, '--repo', REPO, ...args);

/** Everything below the host's folder: names, modes and contents. */
const everything = (): readonly string[] =>
  execFileSync(
    'sh',
    ['-c', 'cd "$1" && find . -printf "%p %m\\n" && find . -type f -exec sha256sum {} +', 'sh', host],
    {
      encoding: 'utf8',
    },
  )
    .split('\n')
    .toSorted();

describe('a deploy key that ssh could not use', () => {
  it.each([
    ['windows', /line ends of Windows \(CRLF\).*tr -d '\\r'/],
    ['pasted', /does not end with a line end.*echo >>/],
    ['locked', /has a passphrase, which nobody could type.*ssh-keygen -p/],
    ['locked-pem', /has a passphrase/],
    ['right.pub', /is the public half of a key.*without \.pub/],
    ['putty', /form of PuTTY.*puttygen/],
    ['half', /is no private SSH key, or not all of one/],
    ['empty', /is empty/],
    ['known_hosts', /is no private SSH key, or not all of one/],
  ])(
    '(%s) is refused in one sentence with the way out, by a dry run as well, and nothing is made',
    (name, says) => {
      for (const more of [[], ['--dry-run']]) {
        const { status, stderr } = bootstrap(
          '--known-hosts',
          given('known_hosts'),
          '--deploy-key',
          given(name),
          ...more,
        );
        expect({ status, lines: stderr.trim().split('\n').length }).toEqual({ status: 1, lines: 1 });
        expect(stderr).toMatch(says);
        expect(readdirSync(place('.'))).toEqual([]);
      }
    },
  );

  it('is told from one that others may read, of an older form', () => {
    execFileSync('chmod', ['0644', given('pem')]);
    const { stderr } = bootstrap(
      '--known-hosts',
      given('known_hosts'),
      '--deploy-key',
      given('pem'),
      '--dry-run',
    );
    expect(stderr).toBe('');
  });

  it('is noticed where it lies in its place already, as cloud-init puts it there', () => {
    mkdirSync(place('.'), { recursive: true });
    writeFileSync(place('deploy_key'), read(given('windows')));
    for (const more of [[], ['--dry-run']])
      expect(bootstrap('--known-hosts', given('known_hosts'), ...more).stderr).toMatch(
        /deploy_key has the line ends of Windows/,
      );
    writeFileSync(place('deploy_key'), read(given('locked')));
    expect(bootstrap('--known-hosts', given('known_hosts')).stderr).toMatch(
      /or move it away: then one is made/,
    );
  });
});

it.each([
  ['--identity', 'right', /holds no private key of age/],
  ['--identity', 'age-half', /holds no private key of age/],
  ['--allowed-signers', 'right.pub', /names nobody who may sign.*me@home ssh-ed25519/],
  ['--known-hosts', 'right.pub', /has no key of git\.home/],
])('%s %s is refused by a dry run as it is for real', (option, name, says) => {
  const all = option === '--known-hosts' ? [] : ['--known-hosts', given('known_hosts')];
  const [dry, real] = [['--dry-run'], []].map((more) => bootstrap(...all, option, given(name), ...more));
  expect(real).toMatchObject({ status: 1, stderr: expect.stringMatching(says) as string });
  expect(dry).toMatchObject({ status: 1, stderr: real!.stderr });
});

describe('files that are given', () => {
  const ALL = (): readonly string[] => [
    '--known-hosts',
    given('known_hosts'),
    '--allowed-signers',
    given('signers'),
    '--identity',
    given('age-windows'),
  ];
  const before = (): void => {
    mkdirSync(place('.'), { recursive: true });
    for (const name of ['deploy_key', 'known_hosts', 'allowed_signers'])
      writeFileSync(place(name), `the ${name} before\n`, { mode: 0o600 });
    writeFileSync(place('agent.yaml'), `repository: { url: ${REPO} }\nidentity: ${place('age.key')}\n`, {
      mode: 0o600,
    });
  };

  it('take no place, and change nothing, where the repository cannot be read with them', () => {
    before();
    const was = everything();
    const { status, stdout } = bootstrap(...ALL(), '--deploy-key', given('wrong'));
    expect(status).toBe(1);
    expect(stdout).toContain(`The Git server refused ${given('wrong')}.`);
    rmSync(join(host, 'asked.yaml'));
    expect(everything()).toEqual(was);
  });

  it('are read with first, from copies that only root can read, and are then put in their places', () => {
    before();
    const { status, stderr } = bootstrap(...ALL(), '--deploy-key', given('right'));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(read(join(host, 'asked.yaml'))).not.toContain(place(''));
    for (const [name, file, mode] of [
      ['deploy_key', 'right', 0o600],
      ['known_hosts', 'known_hosts', 0o644],
      ['allowed_signers', 'signers', 0o644],
      ['age.key', 'age-windows', 0o600],
    ] as const) {
      expect(read(place(name))).toBe(read(given(file)));
      expect(statSync(place(name)).mode & 0o777).toBe(mode);
    }
    expect(read(place('deploy_key.before'))).toBe('the deploy_key before\n');
    expect(read(place('deploy_key.pub'))).toBe(read(given('right.pub')));
  });

  it('take the place of others more than once, and none of those is lost', () => {
    before();
    keygen('second', '', '-t', 'ed25519');
    const agent = AGENT().replace('if cmp', 'if true || cmp');
    for (const name of ['right', 'second', 'right']) {
      const args = ['--repo', REPO, '--known-hosts', given('known_hosts'), '--deploy-key', given(name)];
      expect(withoutHost(host, agent, MAIN, ...args)).toMatchObject({ status: 0, stderr: '' });
    }
    expect(read(place('deploy_key.before'))).toBe('the deploy_key before\n');
    expect(read(place('deploy_key.before.2'))).toBe(read(given('right')));
    expect(read(place('deploy_key.before.3'))).toBe(read(given('second')));
  });

  it.each(['exit 3', 'kill -TERM $$', 'kill -HUP $$'])('leave no copy behind (%s)', (end) => {
    withoutHost(
      host,
      `if [ "$1" = plan ]; then ls -l "$STAGE" >"$FOLDER/copies"; ${end}; else node ${program} "$@"; fi`,
      MAIN,
      '--repo',
      REPO,
      ...ALL(),
      '--deploy-key',
      given('right'),
    );
    expect(read(join(host, 'copies'))).toMatch(/^-rw------- .* deploy_key$/m);
    expect(readdirSync(host)).toEqual(['copies', 'etc']);
    expect(existsSync(place('deploy_key'))).toBe(false);
  });
});

describe('an agent.yaml that is there', () => {
  const KEYS = (): readonly string[] => [
    '--known-hosts',
    given('known_hosts'),
    '--deploy-key',
    given('right'),
  ];
  const after = (text: string, ...args: readonly string[]): Ran & { readonly text: string } => {
    mkdirSync(place('.'), { recursive: true });
    writeFileSync(place('agent.yaml'), text, { mode: 0o600 });
    const ran = bootstrap(...KEYS(), ...args);
    return { ...ran, text: read(place('agent.yaml')) };
  };
  const mine = (url: string): string => `# mine
repository:
  url: ${url}
  knownHosts: ${place('known_hosts')} # compared on Monday
  sshKey: "${place('deploy_key')}"
identity: ${place('age.key')}
splay: 1s
`;

  it.each([`"${REPO}"`, `${REPO}   # the one at home`])('stays byte for byte where it says %s', (url) => {
    const { status, text } = after(mine(url));
    expect({ status, text }).toEqual({ status: 0, text: mine(url) });
    expect(existsSync(place('agent.yaml.before'))).toBe(false);
  });

  it('is told neither the name that the host has, nor of signers whose file merely lies there', () => {
    mkdirSync(place('.'), { recursive: true });
    writeFileSync(place('allowed_signers'), read(given('signers')));
    writeFileSync(place('agent.yaml'), mine(REPO), { mode: 0o600 });
    const line = `hostname_is() { echo node-2; }; ${MAIN}`;
    const ran = withoutHost(host, AGENT(), line, '--repo', REPO, '--hostname', 'node-2', ...KEYS());
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(read(place('agent.yaml'))).toBe(mine(REPO));
  });

  it('is changed in the values that are given, keeps all else, and is kept as it was', () => {
    const text = mine(`'git@git.old:state.git' # the one at home`).replace('splay', '# not main\nsplay');
    const ran = after(text, '--branch', 'next', '--hostname', 'kubernetes-node-2');
    expect(ran.stderr).toBe('');
    expect(ran.text).toBe(
      `${text.replace("'git@git.old:state.git'", `'${REPO}'`).replace(/( {2}sshKey.*\n)/, '$1  branch: "next"\n')}hostname: kubernetes-node-2\n`,
    );
    expect(read(place('agent.yaml.before'))).toBe(text);
    expect(statSync(place('agent.yaml')).mode & 0o777).toBe(0o600);
  });

  it('says the branch, the folder and the places where nothing else is said', () => {
    const elsewhere = join(host, 'keys/mine');
    const text = `repository: { url: "${REPO}", branch: next, path: home, sshKey: ${elsewhere}, knownHosts: ${place('known_hosts')} }\nidentity: ${place('age.key')}\n`;
    const ran = after(text);
    expect(ran).toMatchObject({ status: 0, text });
    expect(read(elsewhere)).toBe(read(given('right')));
    expect(existsSync(place('deploy_key'))).toBe(false);
  });

  it.each([
    ['repository: { urk: a }\n', /agent\.yaml is written already, and cannot be used: .*did you mean "?url/i],
    ['- a\n', /cannot be used: .*Mend that, or move it away/],
    [
      `repository: &r { url: git@git.old:s }\nidentity: ${place('age.key')}\n`,
      /cannot be changed to what is said here: .*anchor.*Edit it/,
    ],
  ])('is left as it is where it cannot be used: %j', (text, says) => {
    const ran = after(text);
    expect(ran).toMatchObject({ status: 1, text, stderr: expect.stringMatching(says) as string });
    expect(ran.stderr.trim().split('\n')).toHaveLength(1);
    expect(readdirSync(place('.'))).toEqual(['agent.yaml']);
  });

  it('keeps a token that it has, where the address is given without it, and nobody reads it', () => {
    mkdirSync(place('.'), { recursive: true });
    const text = `repository: { url: "https://me:sekrit@git.home/state.git" }\nidentity: ${place('age.key')}\n`;
    writeFileSync(place('agent.yaml'), text, { mode: 0o600 });
    const agent = AGENT().replace('if cmp', 'if true || cmp');
    const args = ['--repo', 'https://git.home/state.git'];
    for (const more of [['--branch', 'next', '--dry-run'], []]) {
      const ran = withoutHost(host, agent, INSTALLED, ...args, ...more);
      expect(ran).toMatchObject({ status: 0, stderr: '' });
      expect(ran.stdout).not.toContain('sekrit');
    }
    expect(read(place('agent.yaml'))).toBe(text);
  });
});

it('says what a dry run would change in an agent.yaml, and changes nothing', () => {
  mkdirSync(place('.'), { recursive: true });
  writeFileSync(place('agent.yaml'), `repository: { url: "${REPO}" }\nidentity: ${place('age.key')}\n`, {
    mode: 0o600,
  });
  const was = everything();
  const args = ['--repo', REPO, '--branch', 'next', '--dry-run'];
  const { status, stdout } = withoutHost(host, AGENT(), INSTALLED, ...args);
  expect(status).toBe(0);
  expect(stdout).toMatch(/change in .*agent\.yaml:\n +< repository.*\n +> repository.*branch: "?next/);
  expect(everything()).toEqual(was);
});
