import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { haproxyWith } from '../support/changed-template.ts';
import { allAt, CYCLES_MS, messages, nextCycle, statusOf, untilReported } from '../support/cluster.ts';
import { HOSTS, lab, waitFor } from '../support/lab.ts';
import { coresOn, whereaboutsOf } from '../support/leaks.ts';
import { backTogether, clusterWith, inSeconds, movedTogether, SOON_S } from '../support/lockstep.ts';

/** A BACKUP: what goes wrong there is noticed by nobody else. */
const host = lab.host(3);
const LAYER = 'hosts/kubernetes-node-3.yaml';
const KEY = '/etc/holdfast/age.key';
/** Words that are nowhere by chance. */
const word = (): string => Math.random().toString(36).slice(2, 8).padEnd(6, 'x');
const PASSWORD = `q${word()}`;
const TOKENS = [
  `token-${word()}-${word()}`,
  `token-${word()}-${word()}`,
  `token-${word()}-${word()}`,
] as const;

const FILES = `  /etc/lab-token: { secret: token, mode: "0600" }
  /etc/lab-token.conf: { content: "token = <%= it.secrets.token %>\\n", mode: "0600" }
`;
const layer = (more = ''): string => `files:\n${FILES}${more}`;
const DEAD = haproxyWith('dead', /^( {2}server .*):<%= it\.cluster\.apiPort %>$/gm, '$1:6444');

let before = '';
beforeAll(async () => {
  before = `${lab.git('show', `HEAD:${LAYER}`)}\n`;
  await allAt(lab.head());
});
afterAll(async () => {
  lab.commit(
    { [LAYER]: before, 'files/dead.cfg.eta': null, 'secrets/token.age': null, 'secrets/token.yaml': null },
    'Without the token',
  );
  host.run(['holdfast', 'retry'], { allowFail: true });
  await allAt(lab.head());
  await backTogether();
});

/** Where the VRRP password is meant to be, and the token, on the host; blobs are what a rollback needs. */
const MEANT =
  /^\/etc\/(lab-token(\.conf)?|keepalived\/keepalived\.conf)$|^\/var\/lib\/holdfast\/blobs\/[0-9a-f]{64}$/;
function expectKept(): void {
  const { files, said } = whereaboutsOf([PASSWORD, ...TOKENS], host);
  expect(files.filter((path) => MEANT.test(path))).not.toEqual([]);
  expect(files.filter((path) => !MEANT.test(path))).toEqual([]);
  expect(said).toEqual([]);
  const open = files.filter((path) => !host.run(['ls', '-l', path]).stdout.startsWith('-rw-------'));
  expect(open).toEqual([]);
}

describe('the VRRP password as a secret', () => {
  it('is rotated in lockstep: never two owners, and the virtual IP is away for at most 5 s', async () => {
    lab.secret('vrrp', PASSWORD);
    const owners = await movedTogether('another VRRP password', {
      'cluster.yaml': clusterWith([], inSeconds(SOON_S)),
    });
    expect.soft(owners.twoForMs, owners.story.join('; ')).toBeLessThanOrEqual(1_000);
    expect.soft(owners.nobodyForMs, owners.story.join('; ')).toBeLessThanOrEqual(5_000);
    for (const n of HOSTS) expect(lab.host(n).read('/etc/keepalived/keepalived.conf')).toContain(PASSWORD);
    expectKept();
  });
});

describe('a secret is in the files that are meant to hold it, and in nothing else on the host', () => {
  it('after a plan and its application', async () => {
    host.run(['holdfast', 'pause', '--reason', 'to look at the plan']);
    lab.secret('token', TOKENS[0], '--for', host.name);
    const sha = lab.commit({ [LAYER]: layer() }, 'A token');
    await untilReported(host, 'to know of it', ({ source }) => source.head === sha);
    expect(host.run(['holdfast', 'plan'], { allowFail: true }).stdout).toContain('file[/etc/lab-token]: new');
    expectKept();
    host.run(['holdfast', 'resume']);
    await allAt(sha);
    expect(host.read('/etc/lab-token.conf')).toContain(TOKENS[0]);
    expectKept();
  });

  it('after drift, which is said without it', async () => {
    const cursor = host.cursor();
    host.write('/etc/lab-token', 'somebody else’s', '0600');
    await nextCycle(host);
    expect(host.read('/etc/lab-token')).toBe(TOKENS[0]);
    expect(messages(host.journal(cursor)).join('\n')).toContain('file[/etc/lab-token]: content (secret)');
  });

  it('after a validator that prints the file has refused it', async () => {
    lab.secret('token', TOKENS[1], '--for', host.name);
    const checked =
      '  /etc/lab-check: { content: "a = 1\\nb = <%= it.secrets.token %>\\n", mode: "0600", validate: "diff {file} /dev/null" }\n';
    const sha = lab.commit({ [LAYER]: layer(checked) }, 'A check that quotes');
    const { refused } = await untilReported(
      host,
      'to refuse it',
      (status) => status.refused?.commit?.sha === sha,
    );
    expect(refused?.reasons.join('\n')).toContain('b = ****');
    expect(refused?.reasons.join('\n')).toContain('a = 1');
    expectKept();
  });

  it('after a change that was taken back, and an agent that crashed in the middle of one', async () => {
    const sha = lab.commit(
      { [LAYER]: layer(DEAD.layer.replace('files:\n', '')), ...DEAD.files },
      'No API server there',
    );
    await waitFor('the change to be under way', () => host.exists('/var/lib/holdfast/journal'), CYCLES_MS);
    host.run(['systemctl', 'kill', '--signal=SEGV', 'holdfast']);
    await untilReported(
      host,
      'to have taken it back',
      ({ lastChange }) => lastChange?.commit?.sha === sha && lastChange.end === 'rolled back',
    );
    expect(host.read('/etc/lab-token')).toBe(TOKENS[0]);
    expect(coresOn(host)).toBe('');
    expectKept();
  });
});

describe('a host whose key is gone', () => {
  it('refuses what it cannot read and keeps what it has, until its new key is among the recipients', async () => {
    host.run(['mv', KEY, '/root/age.key']);
    lab.secret('token', TOKENS[2], '--for', host.name);
    const lost = lab.commit({ [LAYER]: layer() }, 'Another token');
    const { refused } = await untilReported(
      host,
      'to refuse it',
      (status) => status.refused?.commit?.sha === lost,
    );
    expect(refused?.reasons.join()).toContain(
      'secrets/token.age cannot be opened: this host has no key (/etc/holdfast/age.key does not exist)',
    );
    const key = host.run(['holdfast', 'secret', 'identity']).stdout.trim();
    expect(host.run(['stat', '-c', '%a %U', KEY]).stdout.trim()).toBe('600 root');
    await untilReported(host, 'to say that it is not a recipient', (status) =>
      /is not encrypted to the key of this host/.test(status.refused?.reasons.join() ?? ''),
    );
    expect(statusOf(host).outcome).toBe('refused');
    expect(host.read('/etc/lab-token')).toBe(TOKENS[0]);
    lab.secrets('recipients', 'add', host.name, key);
    lab.secrets('rotate', '--identity', `${lab.folder}/pki/age-admin.key`);
    await allAt(lab.commit({}, 'Encrypted to its new key'));
    expect(host.read('/etc/lab-token')).toBe(TOKENS[2]);
    expectKept();
    // The lab knows it by its first key.
    host.run(['mv', '/root/age.key', KEY]);
    lab.secrets('recipients', 'add', host.name, host.run(['holdfast', 'secret', 'identity']).stdout.trim());
    lab.secrets('rotate', '--identity', `${lab.folder}/pki/age-admin.key`);
  });
});
