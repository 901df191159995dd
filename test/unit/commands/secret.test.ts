import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundled } from '../host/bundled.ts';

const DESIRED = new URL('../../../desired-state', import.meta.url).pathname;
const HOSTS = ['kubernetes-node-1', 'kubernetes-node-2', 'kubernetes-node-3'];
const PASSWORD = 'hunter2x';

// What somebody does with a fresh copy of the template, step by step: each test begins where the last one ended.
let folder: string;
let program: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  program = bundled(folder, "import './agent/main.ts';");
  cpSync(DESIRED, join(folder, 'state'), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const inFolder = (name: string): string => join(folder, name);
const state = (name: string): string => readFileSync(join(folder, 'state', name), 'utf8');

function holdfast(argv: readonly string[], input = '') {
  const ran = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...argv], {
    cwd: inFolder('state'),
    input,
    encoding: 'utf8',
  });
  return { status: ran.status, out: ran.stdout, err: ran.stderr };
}
const secret = (argv: string, input?: string) => holdfast(['secret', ...argv.split(' ')], input);
const keyOf = (host: string): string => secret(`identity --identity ${inFolder(host)}`).out.trim();
const readBy = (who: string, name: string): string =>
  spawnSync('age', ['--decrypt', '--identity', inFolder(who), `state/secrets/${name}.age`], {
    cwd: folder,
    encoding: 'utf8',
  }).stdout;

describe('a fresh copy of the template', () => {
  it('passes validation, which says which hosts have no key yet', () => {
    const { status, out, err } = holdfast(['validate', '.']);
    expect(status).toBe(0);
    expect(err.match(/is the template's placeholder, whose private half nobody has/g)).toHaveLength(3);
    expect(out).toContain('resources, and no key to read its secrets');
    expect(out).toMatch(/3 warnings; a host without a key would refuse this\.\n$/);
  });

  it('has no secret set before all who need it can read it', () => {
    const before = state('secrets/vrrp.age');
    const { status, err } = secret('set vrrp', PASSWORD);
    expect(status).toBe(1);
    expect(err).toContain(
      'has no key of kubernetes-node-1, kubernetes-node-2, kubernetes-node-3, who could not read it',
    );
    expect(state('secrets/vrrp.age')).toBe(before);
  });
});

describe('a host makes its key once', () => {
  it('0600, and prints the public half and nothing else, now and later', () => {
    const first = secret(`identity --identity ${inFolder('kubernetes-node-1')}`);
    expect(first.out).toMatch(/^age1[a-z0-9]{58}\n$/);
    expect(first.err).toContain('is new. This is its public half');
    expect(statSync(inFolder('kubernetes-node-1')).mode & 0o777).toBe(0o600);
    expect(secret(`identity --identity ${inFolder('kubernetes-node-1')}`)).toEqual({ ...first, err: '' });
  });
});

describe('recipients', () => {
  it('are the hosts of the cluster, and people', () => {
    for (const host of HOSTS) expect(secret(`recipients add ${host} ${keyOf(host)}`).status).toBe(0);
    spawnSync('age-keygen', ['-o', inFolder('joan')]);
    const joan = spawnSync('age-keygen', ['-y', inFolder('joan')], { encoding: 'utf8' }).stdout.trim();
    expect(secret(`recipients add --admin joan ${joan}`).out).toContain(
      'joan is new in secrets/recipients.yaml',
    );
    // Comments of the file stay.
    expect(state('secrets/recipients.yaml')).toContain('# Whom secrets are encrypted to');
  });

  it.each([
    ['another host', 'kubernetes-node-4 KEY', /is no host of cluster\.yaml\. .*For a person: --admin/],
    ['a mistyped key', `kubernetes-node-1 age1${'q'.repeat(58)}`, /a letter is missing or wrong/],
    ['a key that is none', 'kubernetes-node-1 hunter2', /is not a public key of age/],
    [
      'an SSH key',
      'kubernetes-node-1 ssh-ed25519',
      /is an SSH key, and secrets are encrypted to keys of age only/,
    ],
  ])('are not %s', (_, words, why) => {
    const before = state('secrets/recipients.yaml');
    const { status, err } = secret(`recipients add ${words}`);
    expect(status).toBe(64);
    expect(err).toMatch(why);
    expect(state('secrets/recipients.yaml')).toBe(before);
  });
});

describe('a secret', () => {
  it('is set from standard input, and read by every host and admin, with Debian’s age', () => {
    const { status, out, err } = secret('set vrrp', `${PASSWORD}\n`);
    expect({ status, out }).toEqual({
      status: 0,
      out: `secrets/vrrp.age is encrypted to ${HOSTS.join(', ')}, joan. Commit it together with secrets/vrrp.yaml.\n`,
    });
    expect(err).toContain('write rollout.at in the same commit');
    for (const who of [...HOSTS, 'joan']) expect(readBy(who, 'vrrp')).toBe(`${PASSWORD}\n`);
    expect(state('secrets/vrrp.age') + state('secrets/vrrp.yaml')).not.toContain(PASSWORD);
    expect(holdfast(['validate', '.']).out).toMatch(/Nothing is wrong with this state repository\.\n$/);
  });

  /** With a terminal of its own, whose keys are pressed when it asks. */
  const typed = async (keys: string): Promise<{ shown: string; status: number | null }> => {
    const command = `${process.execPath} --disable-warning=ExperimentalWarning ${program} secret set typed`;
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      cwd: inFolder('state'),
      timeout: 20_000,
    });
    let shown = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (!shown.includes('not shown') && (shown + text).includes('not shown')) child.stdin.write(keys);
      shown += text;
    });
    const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { shown, status };
  };

  it('is typed at a terminal without being shown', async () => {
    const { shown, status } = await typed('hunter22\u007f\r');
    expect(status).toBe(0);
    expect(shown).not.toContain('hunter');
    expect(readBy('joan', 'typed')).toBe('hunter2');
  });

  it('that somebody began to type and gave up is as it was', async () => {
    const before = state('secrets/typed.age');
    const { shown, status } = await typed('not this\u0003');
    expect(status).toBe(1);
    expect(shown).toContain('holdfast: Nothing was changed.');
    expect(state('secrets/typed.age')).toBe(before);
  });

  it('that is no VRRP password is said when it is set', () => {
    const { err } = secret('set vrrp', 'hunter2hunter2');
    expect(err).toContain('every host would refuse it: the password has 14 characters');
    expect(err).not.toContain('hunter2');
    expect(secret('set vrrp', PASSWORD).status).toBe(0);
  });

  it.each([
    ['nothing', 'set vrrp', '\n', /^holdfast: That is empty/],
    ['a name that is none', 'set Vrrp', 'x', /^holdfast: "Vrrp" is not a secret's name/],
    ['the name of the recipients', 'set recipients', 'x', /is not a secret's name/],
    ['more than a secret', 'set vrrp', 'x'.repeat(300_000), /more than 256 KiB/],
    ['another folder', 'set vrrp --dir /tmp', 'x', /\/tmp is no state repository/],
  ])('of %s is refused', (_, argv, input, why) => {
    const before = state('secrets/vrrp.age');
    expect(secret(argv, input).err).toMatch(why);
    expect(state('secrets/vrrp.age')).toBe(before);
  });

  it('for some hosts is read by these and the admins, also after it was set again', () => {
    for (const argv of ['set token --for kubernetes-node-1', 'set token']) {
      expect(secret(argv, 'abcdefgh').out).toContain('encrypted to kubernetes-node-1, joan.');
      expect(readBy('kubernetes-node-2', 'token')).toBe('');
    }
    expect(secret('set token --for all', 'abcdefgh').out).toContain('kubernetes-node-3');
    expect(secret('set token --for kubernetes-node-1', 'abcdefgh').status).toBe(0);
  });
});

describe('rotation', () => {
  it('of a host’s key: the older one still opens what is there, until all was encrypted anew', () => {
    const next = secret(`identity --new --identity ${inFolder('kubernetes-node-3')}`).out.trim();
    expect(secret(`recipients add kubernetes-node-3 ${next}`).out).toContain('has another key');
    expect(secret('list').out).toMatch(/vrrp .*STALE: not yet encrypted to kubernetes-node-3/);
    expect(readBy('kubernetes-node-3', 'vrrp')).toBe(PASSWORD);
    expect(holdfast(['validate', '.']).status).toBe(1);
    const set = /^set: .*$/m.exec(state('secrets/vrrp.yaml'))?.[0];
    expect(secret(`rotate --identity ${inFolder('joan')}`).status).toBe(0);
    // Its content is the same one: hosts need not change at one moment for it.
    expect(state('secrets/vrrp.yaml')).toContain(set);
    expect(secret('list').out).not.toContain('STALE');
    expect(readBy('kubernetes-node-3', 'vrrp')).toBe(PASSWORD);
    expect(readBy('kubernetes-node-2', 'token')).toBe('');
  });

  it('after a host was removed: it cannot read what comes later, and that it knows what was is said', () => {
    const { out } = secret('recipients remove kubernetes-node-2');
    expect(out).toMatch(/It could read typed, vrrp: .* what it has read it knows for good/);
    expect(secret(`rotate --identity ${inFolder('kubernetes-node-1')}`).status).toBe(0);
    expect(readBy('kubernetes-node-2', 'vrrp')).toBe('');
  });

  it('with a key that can read only some of them changes none', () => {
    const before = state('secrets/vrrp.age');
    const { status, err } = secret(`rotate --identity ${inFolder('kubernetes-node-3')}`);
    expect(status).toBe(1);
    expect(err).toMatch(
      /^holdfast: secrets\/token\.age is not encrypted to the key of this host.* Nothing was changed\.$/m,
    );
    expect(state('secrets/vrrp.age')).toBe(before);
  });
});

describe('secrets made with Debian’s age', () => {
  it('work, and that nobody wrote down who can read them is said until they are rotated', () => {
    const key = keyOf('kubernetes-node-1');
    const sealed = spawnSync('age', ['--armor', '-r', key], { input: 'by hand', encoding: 'utf8' }).stdout;
    writeFileSync(join(folder, 'state/secrets/by-hand.age'), sealed);
    expect(secret('list').out).toMatch(/by-hand +unknown +STALE: nobody wrote down who can read it/);
    expect(secret(`rotate --identity ${inFolder('kubernetes-node-1')}`).status).toBe(0);
    expect(readBy('joan', 'by-hand')).toBe('by hand');
    expect(JSON.parse(secret('list --json').out)).toContainEqual({
      name: 'by-hand',
      readers: ['kubernetes-node-1', 'kubernetes-node-3', 'joan'],
      stale: null,
    });
  });

  it('with a passphrase are refused', () => {
    writeFileSync(
      join(folder, 'state/secrets/phrase.age'),
      'age-encryption.org/v1\n-> scrypt bBjlhJVYZeE4aqUdmtRHfw 18\nZV1Y\n--- x\n',
    );
    expect(secret(`rotate --identity ${inFolder('joan')}`).err).toContain(
      'secrets/phrase.age is encrypted with a passphrase, which no host has',
    );
    rmSync(join(folder, 'state/secrets/phrase.age'));
  });
});

it('a host opens its secrets with the Node that its unit starts, which can do less', () => {
  const unit = readFileSync(new URL('../../../systemd/holdfast.service', import.meta.url), 'utf8');
  const flags = /^ExecStart=\S+ (.*) \S+holdfast\.cjs run$/m.exec(unit)?.[1]?.split(' ') ?? [];
  expect(flags).toContain('--no-expose-wasm');
  const argv = ['secret', 'rotate', '--identity', inFolder('joan')];
  const ran = spawnSync(process.execPath, [...flags, program, ...argv], {
    cwd: inFolder('state'),
    encoding: 'utf8',
  });
  expect({ status: ran.status, err: ran.stderr }).toEqual({ status: 0, err: '' });
  expect(readBy('joan', 'vrrp')).toBe(PASSWORD);
});

describe('the files of one host, to look at', () => {
  it('hold masks where nobody can open a secret, and that is said', () => {
    const { err, status } = holdfast([
      'render',
      '.',
      '--host',
      'kubernetes-node-1',
      '--out',
      inFolder('out'),
    ]);
    expect(status).toBe(0);
    expect(err).toMatch(
      /keepalived\.conf: what this machine cannot open stands there as \[secret NAME\]\. It cannot be opened: this host has no key/,
    );
    expect(readFileSync(inFolder('out/etc/keepalived/keepalived.conf'), 'utf8')).toContain(
      'auth_pass [secret vrrp]',
    );
  });

  it('hold secrets where they can be opened, for nobody else to read', () => {
    writeFileSync(
      inFolder('agent.yaml'),
      `repository: { url: /srv/state.git }\nidentity: ${inFolder('kubernetes-node-1')}\n`,
      { mode: 0o600 },
    );
    const argv = [
      'render',
      '.',
      '--host',
      'kubernetes-node-1',
      '--out',
      inFolder('out'),
      '--config',
      inFolder('agent.yaml'),
    ];
    expect(holdfast(argv)).toMatchObject({ status: 0, err: '' });
    const file = inFolder('out/etc/keepalived/keepalived.conf');
    expect(readFileSync(file, 'utf8')).toContain(`auth_pass ${PASSWORD}`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});
