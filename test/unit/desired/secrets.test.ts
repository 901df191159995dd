import { describe, expect, it } from 'vitest';
import { candidateOf, type Candidate } from '../../../agent/desired/candidate.ts';
import { formatDiagnostic } from '../../../agent/desired/diagnostics.ts';
import { memoryTree } from '../../../agent/desired/memory-tree.ts';
import { digestOf } from '../../../agent/desired/recipients.ts';
import { PLACEHOLDER_KEY } from '../../../agent/desired/recipients-schema.ts';
import { renderedFiles } from '../../../agent/desired/rendered-files.ts';
import { KINDS } from '../../../agent/resources/index.ts';
import { inCluster, LESSON, sentences, type Files } from './lesson.ts';

/** Stands for age: a sealed file holds its content behind a word. */
const seal = (text: string): string => `sealed:${text}`;
const unlock = async (file: Uint8Array) => {
  const text = new TextDecoder('latin1').decode(file);
  return text.startsWith('sealed:')
    ? { bytes: Uint8Array.from(file.subarray('sealed:'.length)) }
    : { problem: 'is not encrypted to the key of this host. Rotate.' };
};

/** The lesson with its password as a secret, and one more. */
const WITH_SECRETS: Files = {
  ...inCluster('authPass: secret12', 'authPass: { secret: vrrp }'),
  'secrets/vrrp.age': seal('hunter2\n'),
  'secrets/tls-key.age': seal('-----BEGIN\ngeheim\n'),
};
const withFiles = (entry: string, more: Files = {}): Files => ({
  ...WITH_SECRETS,
  'hosts/kubernetes-node-2.yaml': `files:\n  ${entry}\n`,
  ...more,
});

const asked = (files: Files) =>
  candidateOf({
    tree: memoryTree(files),
    from: { commit: 'a'.repeat(40), author: 'Ada', subject: 'A secret' },
    identity: { hostname: 'kubernetes-node-2', addresses: new Map([['eth0', ['10.1.1.2']]]) },
    checkAddress: true,
    kinds: KINDS,
    unlock,
  });
async function candidate(files: Files): Promise<Candidate> {
  const found = await asked(files);
  if ('resources' in found) return found;
  throw new Error(JSON.stringify(found));
}
async function refused(files: Files): Promise<readonly string[]> {
  const found = await asked(files);
  return 'diagnostics' in found
    ? found.diagnostics.map((one) => formatDiagnostic(one, { colour: false }))
    : ['not refused'];
}
async function content(files: Files, path: string): Promise<string> {
  return new TextDecoder().decode(renderedFiles(await candidate(files)).get(path)?.bytes);
}

describe('a secret', () => {
  it('is the VRRP password, one end of line left out', async () => {
    const found = await content(WITH_SECRETS, '/etc/keepalived/keepalived.conf');
    expect(found).toContain('auth_pass hunter2\n');
  });

  it('stands in a template, by its name', async () => {
    const files = withFiles(
      `/etc/a: { content: "<%= it.secrets['tls-key'] %>|<%= it.secrets.vrrp %>", header: false, mode: "0600" }`,
    );
    expect(await content(files, '/etc/a')).toBe('-----BEGIN\ngeheim|hunter2');
  });

  it('is a file by itself, byte for byte, whatever the bytes are', async () => {
    expect(await content(withFiles('/etc/key: { secret: tls-key, mode: "0600" }'), '/etc/key')).toBe(
      '-----BEGIN\ngeheim\n',
    );
    const binary = Uint8Array.from([...new TextEncoder().encode('sealed:'), 0, 255, 10]);
    const files = withFiles('/etc/key: { secret: tls-key, mode: "0600" }', { 'secrets/tls-key.age': binary });
    expect([...(renderedFiles(await candidate(files)).get('/etc/key')?.bytes ?? [])]).toEqual([0, 255, 10]);
  });

  it('makes what holds it secret, and nothing of it is kept but the place where it stands', async () => {
    const { resources, cluster, warnings } = await candidate(
      withFiles('/etc/key: { secret: tls-key, mode: "0600" }'),
    );
    const secret = resources.filter((one) => one.secret).map(({ id }) => id);
    expect(secret).toEqual(['file[/etc/keepalived/keepalived.conf]', 'file[/etc/key]']);
    expect(JSON.stringify([resources, cluster, warnings])).not.toMatch(/hunter2|geheim/);
    const [conf] = resources.filter(({ id }) => id === 'file[/etc/keepalived/keepalived.conf]');
    const text = await content(WITH_SECRETS, '/etc/keepalived/keepalived.conf');
    expect(conf?.hidden?.map(([from, length]) => text.slice(from, from + length))).toEqual(['hunter2']);
  });

  it('replaces what an earlier layer said of the content', async () => {
    const files = withFiles('/etc/key: { secret: tls-key }', {
      'roles/backup.yaml': 'files: { /etc/key: { content: x, mode: "0600" } }\n',
    });
    expect(await content(files, '/etc/key')).toBe('-----BEGIN\ngeheim\n');
  });

  it('that this host cannot open is the trouble of who uses it alone', async () => {
    const files = { ...WITH_SECRETS, 'secrets/other.age': 'for others' };
    expect(await content(files, '/etc/keepalived/keepalived.conf')).toContain('hunter2');
    const worker = {
      ...inCluster('authPass: secret12', 'authPass: { secret: vrrp }'),
      'secrets/vrrp.age': 'for others',
    };
    expect(
      await candidate({ ...worker, 'defaults.yaml': 'sysctls: { net.ipv4.ip_forward: 1 }\n' }),
    ).toHaveProperty('resources');
  });
});

describe('a commit is refused, with a way out and without a word of the secret, when', () => {
  const UNREADABLE = 'secrets/vrrp.age is not encrypted to the key of this host. Rotate.';
  it.each([
    [
      'the password cannot be opened',
      { ...WITH_SECRETS, 'secrets/vrrp.age': 'x' },
      `files/keepalived.conf.eta:8:15: ${UNREADABLE}`,
    ],
    [
      'a file cannot be opened',
      withFiles('/etc/k: { secret: tls-key, mode: "0600" }', { 'secrets/tls-key.age': 'x' }),
      'hosts/kubernetes-node-2.yaml:2:21: files["/etc/k"].secret: secrets/tls-key.age is not encrypted to the key of this host. Rotate.',
    ],
    [
      'the password is too long',
      { ...WITH_SECRETS, 'secrets/vrrp.age': seal('hunter2hunter2') },
      'cluster.yaml:4:33: vrrp.authPass: the password has 14 characters',
    ],
    [
      'the password is of several lines',
      { ...WITH_SECRETS, 'secrets/vrrp.age': seal('hunter2\n\n') },
      'cluster.yaml:4:33: vrrp.authPass: the password is on more than one line',
    ],
    [
      'there is no such secret',
      withFiles('/etc/k: { secret: tls_key, mode: "0600" }'),
      'hosts/kubernetes-node-2.yaml:2:21: files["/etc/k"].secret: secrets/tls_key.age does not exist. Did you mean "tls-key"? Make it with',
    ],
    [
      'a template names one that there is not',
      withFiles('/etc/k: { content: "<%= it.secrets.vrpp %>", mode: "0600" }'),
      'hosts/kubernetes-node-2.yaml:2:38: files["/etc/k"].content: undefined template variable it.secrets.vrpp. Did you mean it.secrets.vrrp?',
    ],
    [
      'a binary one is to stand in a text',
      withFiles(`/etc/k: { content: "<%= it.secrets['tls-key'] %>", mode: "0600" }`, {
        'secrets/tls-key.age': Uint8Array.from([...new TextEncoder().encode('sealed:'), 255]),
      }),
      'hosts/kubernetes-node-2.yaml:2:23: files["/etc/k"].content: The secret tls-key is not a text in UTF-8',
    ],
    [
      'others could read the file',
      withFiles('/etc/k: { secret: tls-key }'),
      'files["/etc/k"].mode: this file holds a secret. Without a mode everybody on the host could read it. Write mode: "0600".',
    ],
    [
      'a template throws it',
      withFiles('/etc/k: { content: "<% throw new Error(it.secrets.vrrp) %>", mode: "0600" }'),
      'files["/etc/k"].content: the template fails: ****.',
    ],
    [
      'a template takes it for a name',
      withFiles('/etc/k: { content: "<%= it.node[it.secrets.vrrp] %>", mode: "0600" }'),
      'files["/etc/k"].content: undefined template variable it.node.****.',
    ],
    [
      'it is to be the mode of a file',
      withFiles('/etc/k: { content: x, mode: "<%= it.secrets.vrrp %>" }'),
      'files["/etc/k"].mode: reads a secret (it.vrrp.authPass, or one of it.secrets)',
    ],
    [
      'its name is none',
      withFiles('/etc/k: { secret: hunter2 geheim, mode: "0600" }'),
      'hosts/kubernetes-node-2.yaml:2:21: files["/etc/k"].secret: is not a secret\'s name. Write small letters',
    ],
    [
      'content is given twice',
      withFiles('/etc/k: { secret: tls-key, content: x, mode: "0600" }'),
      'says content and secret at once. Keep one of them.',
    ],
  ] as const)('%s', async (_, files, said) => {
    const found = (await refused(files)).join('\n');
    expect(found).toContain(said);
    expect(found).not.toMatch(/hunter2|geheim/);
  });
});

const KEYS = ['q', 'p', 'z'].map((letter) => `age1${letter.repeat(58)}`);
const record = (sealed: string, to: Readonly<Record<string, string>>, more = ''): string =>
  `set: '2026-01-01T00:00:00.000Z'\nsha256: ${digestOf(sealed)}\n${more}to: ${JSON.stringify(to)}\n`;
const HOSTS = Object.fromEntries([1, 2, 3].map((n, i) => [`kubernetes-node-${n}`, KEYS[i]!]));
const VRRP: string = WITH_SECRETS['secrets/vrrp.age'] as string;
const { 'secrets/tls-key.age': _, ...ONE_SECRET } = WITH_SECRETS;
const inOrder: Files = {
  ...ONE_SECRET,
  'secrets/recipients.yaml': `hosts: ${JSON.stringify(HOSTS)}\n`,
  'secrets/vrrp.yaml': record(VRRP, HOSTS),
};

describe('validate, which can open nothing,', () => {
  it('says nothing when every host is among those whom a secret was encrypted to', async () => {
    expect(await sentences(inOrder)).toEqual([]);
  });

  const two = Object.fromEntries(Object.entries(HOSTS).slice(0, 2));
  it.each([
    [
      'a host without a key',
      {
        ...inOrder,
        'secrets/recipients.yaml': `hosts: ${JSON.stringify(two)}\n`,
        'secrets/vrrp.yaml': record(VRRP, two),
      },
      [
        'secrets/recipients.yaml:1:8: hosts: has no key of kubernetes-node-3, which reads vrrp. On that host: sudo holdfast secret identity. Then: holdfast secret recipients add kubernetes-node-3 KEY, and holdfast secret rotate.',
      ],
    ],
    [
      'a host that it was not encrypted to',
      { ...inOrder, 'secrets/vrrp.yaml': record(VRRP, two) },
      [
        'secrets/vrrp.age: is not encrypted to the key of kubernetes-node-3, which reads it. Encrypt it anew where it can be read: holdfast secret rotate. Or set it again: holdfast secret set vrrp.',
        'secrets/vrrp.age: warning: not yet encrypted to kubernetes-node-3. Where it can be read: holdfast secret rotate.',
      ],
    ],
    [
      'a secret for other hosts',
      { ...inOrder, 'secrets/vrrp.yaml': record(VRRP, two, 'for: [kubernetes-node-1, kubernetes-node-2]\n') },
      [
        'secrets/vrrp.age: is not encrypted to the key of kubernetes-node-3, which reads it. It was set for kubernetes-node-1, kubernetes-node-2 alone. Set it again for all who need it: holdfast secret set vrrp --for all.',
      ],
    ],
    [
      'a host that was taken out',
      { ...inOrder, 'secrets/vrrp.yaml': record(VRRP, { ...HOSTS, old: KEYS[0]! }) },
      ['secrets/vrrp.age: warning: still encrypted to old. Where it can be read: holdfast secret rotate.'],
    ],
    [
      'a host that the cluster does not have',
      {
        ...inOrder,
        'secrets/recipients.yaml': `hosts: ${JSON.stringify({ ...HOSTS, old: KEYS[0]! })}\n`,
        'secrets/vrrp.yaml': record(VRRP, { ...HOSTS, old: KEYS[0]! }),
      },
      [
        expect.stringMatching(
          /^secrets\/recipients.yaml:1:\d+: warning: hosts.old: is no host of cluster.yaml, and can read secrets/,
        ),
      ],
    ],
    [
      'the template’s placeholder',
      {
        ...inOrder,
        'secrets/recipients.yaml': `hosts: ${JSON.stringify({ ...HOSTS, 'kubernetes-node-1': PLACEHOLDER_KEY })}\n`,
        'secrets/vrrp.yaml': record(VRRP, { ...HOSTS, 'kubernetes-node-1': PLACEHOLDER_KEY }),
      },
      [
        expect.stringMatching(
          /warning: hosts.kubernetes-node-1: is the template's placeholder, whose private half nobody has/,
        ),
      ],
    ],
    [
      'a secret made with age itself',
      { ...inOrder, 'secrets/vrrp.age': seal('other') },
      [
        'secrets/vrrp.age: warning: was changed with something else than holdfast, and nobody wrote down who can read it. Where it can be read: holdfast secret rotate.',
      ],
    ],
    [
      'no recipients at all',
      ONE_SECRET,
      [
        'secrets/recipients.yaml: does not exist, so nobody knows whom the secrets are for. Begin it with: holdfast secret recipients add HOST KEY.',
      ],
    ],
    [
      'a key of SSH',
      { ...inOrder, 'secrets/recipients.yaml': 'hosts: { kubernetes-node-1: ssh-ed25519 AAAA }\n' },
      [
        expect.stringMatching(
          /^secrets\/recipients.yaml:1:29: hosts.kubernetes-node-1: is an SSH key, and secrets are encrypted to keys of age only/,
        ),
      ],
    ],
    [
      'a secret in clear text',
      { ...inOrder, 'secrets/wifi': 'hunter2' },
      [expect.stringMatching(/^secrets\/wifi: warning: is not read, and not known to be encrypted/)],
    ],
  ] as const)('says %s', async (_mistake, files, said) => {
    expect(await sentences(files)).toEqual(said);
  });

  it('never shows a private key that was pasted in a public one’s place', async () => {
    const pasted = 'AGE-SECRET-KEY-1QQPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L';
    const files = { ...inOrder, 'secrets/recipients.yaml': `hosts:\n  kubernetes-node-1: ${pasted}\n` };
    const { said } = await import('./lesson.ts');
    const shown = (await said(files)).join('\n');
    expect(shown).toContain('is a private key, which must be in no repository');
    expect(shown).not.toContain(pasted.slice(15));
  });

  it('renders masks, so that templates are checked all the same', async () => {
    const template = `${LESSON['files/keepalived.conf.eta']}<%= it.secrets.vrrp.nope.nope %>`;
    expect((await sentences({ ...inOrder, 'files/keepalived.conf.eta': template })).join()).toContain(
      'the template fails',
    );
  });
});
