import { describe, expect, it } from 'vitest';
import {
  candidateOf,
  type Candidate,
  type NoDesiredState,
  type Refusal,
} from '../../../agent/desired/candidate.ts';
import { memoryTree } from '../../../agent/desired/memory-tree.ts';
import { renderedFiles } from '../../../agent/desired/rendered-files.ts';
import { TreeProblem } from '../../../agent/desired/tree.ts';
import { KINDS } from '../../../agent/resources/index.ts';
import type { Resource } from '../../../agent/resources/kind.ts';
import { inCluster, inDefaults, LESSON, lesson, type Files } from './lesson.ts';

const from = { commit: 'a'.repeat(40), author: 'Ada', subject: 'Shorter checks' };

const asked = (files: Files, hostname = 'kubernetes-node-2', address = '10.1.1.2') =>
  candidateOf({
    tree: memoryTree(files),
    from,
    identity: { hostname, addresses: new Map([['eth0', [address]]]) },
    checkAddress: true,
    kinds: KINDS,
    unlock: null,
  });

async function candidate(files: Files, hostname?: string, address?: string): Promise<Candidate> {
  const found: Candidate | Refusal | NoDesiredState = await asked(files, hostname, address);
  if ('resources' in found) return found;
  throw new Error(JSON.stringify(found));
}
async function resource(files: Files, id: string): Promise<Resource> {
  const { resources } = await candidate(files);
  const found = resources.find((one) => one.id === id);
  if (!found) throw new Error(`no ${id} among ${resources.map((one) => one.id).join(', ')}`);
  return found;
}
async function content(files: Files, path: string): Promise<string> {
  const file = renderedFiles(await candidate(files)).get(path);
  return new TextDecoder().decode(file?.bytes);
}
const addFile = (entry: string): Files => inDefaults('files:\n', `files:\n  ${entry}\n`);

it('a VIP outside the network of this host is refused where it is written, but not for an image at rest', async () => {
  const networks = new Map([['eth0', ['10.1.1.2/24']]]);
  const identity = { hostname: 'kubernetes-node-2', addresses: new Map([['eth0', ['10.1.1.2']]]), networks };
  const ask = { tree: memoryTree(lesson()), from, identity, kinds: KINDS, unlock: null };
  expect(await candidateOf({ ...ask, checkAddress: true })).toMatchObject({
    from,
    diagnostics: [
      {
        severity: 'error',
        file: 'cluster.yaml',
        line: 2,
        path: 'vip',
        message: expect.stringMatching(/^10\.1\.233\.1 is outside the network of eth0 on this host/),
      },
    ],
  });
  expect(await candidateOf({ ...ask, checkAddress: false })).toHaveProperty('resources');
});

describe("the lesson's second node", () => {
  it('gets these resources, in the order of their names', async () => {
    const { resources } = await candidate(lesson());
    expect(resources.map(({ id }) => id)).toEqual([
      'file[/etc/keepalived/keepalived.conf]',
      'package[haproxy]',
      'package[keepalived]',
      'sysctl[net.ipv4.ip_nonlocal_bind]',
      'ufw-rules[host]',
      'ufw[host]',
      'unit[keepalived.service]',
    ]);
  });

  it('gets its keepalived.conf with a first line that says who writes it', async () => {
    expect(await content(lesson(), '/etc/keepalived/keepalived.conf')).toBe(
      `# Written by Holdfast from files/keepalived.conf.eta in the state repository; edits are put back. To edit here, stop it first: systemctl stop holdfast
vrrp_instance VI_1 {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority 99
  authentication {
    auth_type PASS
    auth_pass secret12
  }
  virtual_ipaddress {
    10.1.233.1
  }
}
`,
    );
  });

  it('has each resource as its kind takes it', async () => {
    const { resources, blobs } = await candidate(lesson());
    const [sha256] = blobs.keys();
    expect(Object.fromEntries(resources.map(({ id, spec }) => [id, spec]))).toEqual({
      'file[/etc/keepalived/keepalived.conf]': {
        content: { sha256, size: blobs.get(sha256 ?? '')?.byteLength },
        mode: 0o600,
        owner: 'root',
        group: 'root',
      },
      'package[haproxy]': 'present',
      'package[keepalived]': 'present',
      'sysctl[net.ipv4.ip_nonlocal_bind]': '1',
      'ufw-rules[host]': { rules: ['allow 22/tcp', 'allow proto vrrp to 224.0.0.18'] },
      'ufw[host]': { enabled: true },
      'unit[keepalived.service]': { enabled: true, running: true },
    });
  });

  it('has its file with all that belongs to it', async () => {
    expect(await resource(lesson(), 'file[/etc/keepalived/keepalived.conf]')).toMatchObject({
      secret: true,
      scope: null,
      notify: [{ unit: 'keepalived.service', action: 'reload' }],
      requires: [],
      validate: [['keepalived', '-t', '-f', '{file}']],
      waitFor: [],
      origin: { file: 'defaults.yaml', line: 3, column: 3 },
    });
  });

  it('has its place where what is in the file is said, not where a later layer adds to it', async () => {
    const more = 'files:\n  /etc/keepalived/keepalived.conf:\n    requires: ["package[keepalived]"]\n';
    const { origin } = await resource(
      lesson({ 'hosts/kubernetes-node-2.yaml': more }),
      'file[/etc/keepalived/keepalived.conf]',
    );
    expect(origin).toEqual({ file: 'defaults.yaml', line: 3, column: 3 });
  });

  it('knows where cluster.yaml says what somebody else may have', async () => {
    expect((await candidate(lesson())).terms).toEqual({
      vip: { file: 'cluster.yaml', line: 2, column: 6 },
      routerId: { file: 'cluster.yaml', line: 4, column: 19 },
    });
  });

  it('starts a unit after the files that notify it, and the firewall after its rules', async () => {
    expect((await resource(lesson(), 'unit[keepalived.service]')).requires).toEqual([
      'file[/etc/keepalived/keepalived.conf]',
    ]);
    expect((await resource(lesson(), 'ufw[host]')).requires).toEqual(['ufw-rules[host]']);
  });

  it('knows where each firewall rule is written, in whichever layer', async () => {
    const role = 'ufw:\n  rules:\n    - allow 6443/tcp\n';
    const found = await resource(lesson({ 'roles/control-plane.yaml': role }), 'ufw-rules[host]');
    expect(found.origins).toEqual({
      'allow 22/tcp': { file: 'defaults.yaml', line: 13, column: 7 },
      'allow 6443/tcp': { file: 'roles/control-plane.yaml', line: 3, column: 7 },
    });
  });

  it('knows its cluster without the password', async () => {
    const { cluster, role, allowMassRemoval } = await candidate(lesson());
    expect(role).toEqual({
      hostname: 'kubernetes-node-2',
      role: 'BACKUP',
      priority: 99,
      address: '10.1.1.2',
    });
    expect(allowMassRemoval).toBe(false);
    expect(JSON.stringify(cluster)).not.toContain('secret12');
    expect(cluster).toEqual({
      name: 'home',
      vip: '10.1.233.1',
      apiPort: 6443,
      interface: 'eth0',
      vrrp: { routerId: 51, version: 2, advertIntervalMs: 1000, transport: 'multicast', preempt: true },
      loadBalancer: 'haproxy',
      nodes: [
        { name: 'kubernetes-node-1', address: '10.1.1.1', priority: 100 },
        { name: 'kubernetes-node-2', address: '10.1.1.2', priority: 99 },
        { name: 'kubernetes-node-3', address: '10.1.1.3', priority: 98 },
      ],
      workers: [],
      health: {
        withinMs: 60_000,
        consecutive: 3,
        ca: '/etc/kubernetes/pki/ca.crt',
        baseline: 'excused',
        insecure: false,
        checks: {},
      },
      rollout: {
        settleMs: 10_000,
        order: null,
        unreachableMs: 600_000,
        strategy: 'turns',
        atMs: null,
        allowMassRemoval: false,
      },
    });
  });

  it('is rendered the same a second time, whatever the order of the keys', async () => {
    const [keepalived, ...rest] = LESSON['defaults.yaml'].split('\n');
    const turned = lesson({ 'defaults.yaml': [...rest, keepalived].join('\n') });
    const shape = ({ resources, blobs }: Candidate) => [
      resources.map(({ origin: _, origins: __, ...one }) => one),
      [...blobs],
    ];
    expect(shape(await candidate(turned))).toEqual(shape(await candidate(lesson())));
    expect(shape(await candidate(lesson()))).toEqual(shape(await candidate(lesson())));
  });
});

describe('a file', () => {
  it.each([
    [
      'a text, with a first line',
      '/etc/motd: { content: "Hello\\n" }',
      '/etc/motd',
      '# Written by Holdfast from defaults.yaml in the state repository; edits are put back. To edit here, stop it first: systemctl stop holdfast\nHello\n',
    ],
    [
      'a text that is a template',
      '/etc/motd: { content: "<%= it.node.name %>\\n", header: false }',
      '/etc/motd',
      'kubernetes-node-2\n',
    ],
    [
      'a text without a first line',
      '/etc/motd: { content: "Hello\\n", header: false }',
      '/etc/motd',
      'Hello\n',
    ],
    [
      'a comment of its own',
      '/etc/x.conf: { content: "x\\n", comment: ";" }',
      '/etc/x.conf',
      '; Written by Holdfast from defaults.yaml in the state repository; edits are put back. To edit here, stop it first: systemctl stop holdfast\nx\n',
    ],
    ['JSON, which has no comments', '/etc/x.json: { content: "{}\\n" }', '/etc/x.json', '{}\n'],
    [
      'a script, whose first line is the kernel’s',
      '/usr/local/bin/x: { content: "#!/bin/sh\\necho x\\n", mode: "0755" }',
      '/usr/local/bin/x',
      '#!/bin/sh\n# Written by Holdfast from defaults.yaml in the state repository; edits are put back. To edit here, stop it first: systemctl stop holdfast\necho x\n',
    ],
  ])('holds %s', async (_, entry, path, text) => {
    expect(await content(addFile(entry), path)).toBe(text);
  });

  it('holds the bytes of its source, unchanged', async () => {
    const bytes = Uint8Array.of(0, 255, 13, 10, 60, 37);
    const files = { ...addFile('/etc/x.bin: { source: x.bin }'), 'files/x.bin': bytes };
    expect(renderedFiles(await candidate(files)).get('/etc/x.bin')?.bytes).toEqual(bytes);
  });

  it('that is absent says so, and is not among the rendered ones', async () => {
    const files = addFile('/etc/old: { absent: true }');
    expect((await resource(files, 'file[/etc/old]')).spec).toBeNull();
    expect(renderedFiles(await candidate(files)).has('/etc/old')).toBe(false);
  });

  it.each([
    ['/etc/systemd/system/x.service', true],
    ['/etc/systemd/system/keepalived.service.d/holdfast.conf', true],
    ['/usr/lib/systemd/system/x.timer', true],
    ['/etc/systemd/journald.conf', false],
    ['/etc/systemd/system', false],
  ])('at %s makes systemd read its units anew: %s', async (path, reloads) => {
    const { notify } = await resource(
      addFile(`${path}: { content: x, notify: { restart: x.service } }`),
      `file[${path}]`,
    );
    const restart = { unit: 'x.service', action: 'restart' };
    expect(notify).toEqual(reloads ? [{ unit: 'daemon-reload' }, restart] : [restart]);
  });

  it('may notify several units, wait for several paths and be checked by several commands', async () => {
    const entry = `/etc/x: { content: x, notify: [{ reload: a.service }, { restart: b.service }, { reload: a.service }], waitFor: [/a, /b], validate: ["one {file}", "two 'x y' {file}"] }`;
    expect(await resource(addFile(entry), 'file[/etc/x]')).toMatchObject({
      notify: [
        { unit: 'a.service', action: 'reload' },
        { unit: 'b.service', action: 'restart' },
      ],
      waitFor: ['/a', '/b'],
      validate: [
        ['one', '{file}'],
        ['two', 'x y', '{file}'],
      ],
    });
  });

  it('is secret when it holds the password, from wherever, and else only when it says so', async () => {
    const files = {
      ...inCluster('secret12', '{ file: pw }'),
      ...addFile(`/etc/a: { source: pw, mode: "0400" }
  /etc/b: { content: x, secret: true, mode: "0600" }
  /etc/c: { content: x }`),
      'files/pw': 'secret12\n',
      'cluster.yaml': LESSON['cluster.yaml'].replace('secret12', '{ file: pw }'),
    };
    const { resources } = await candidate(files);
    expect(resources.filter(({ secret }) => secret).map(({ id }) => id)).toEqual([
      'file[/etc/a]',
      'file[/etc/b]',
      'file[/etc/keepalived/keepalived.conf]',
    ]);
    expect(await content(files, '/etc/keepalived/keepalived.conf')).toContain('auth_pass secret12\n');
  });
});

describe('rules of the firewall', () => {
  const rules = async (files: Files) => (await resource(files, 'ufw-rules[host]')).spec;

  it('may loop over the peers, one rule a line', async () => {
    const loop = `- |
      <% for (const peer of it.peers) { %>
      allow in on eth0 proto vrrp from <%= peer.address %> to 224.0.0.18

      <% } %>`;
    expect(await rules(inDefaults('- allow 22/tcp', `- allow 22/tcp\n    ${loop}`))).toEqual({
      rules: [
        'allow 22/tcp',
        'allow in on eth0 proto vrrp from 10.1.1.1 to 224.0.0.18',
        'allow in on eth0 proto vrrp from 10.1.1.3 to 224.0.0.18',
        'allow proto vrrp to 224.0.0.18',
      ],
    });
  });

  it('add up over the layers, each said once', async () => {
    const files = lesson({
      'roles/control-plane.yaml': 'ufw: { rules: [allow 6443/tcp, "allow   22/tcp"] }\n',
      'roles/backup.yaml': 'ufw: { rules: [allow 80/tcp] }\n',
      'roles/master.yaml': 'ufw: { rules: [allow 81/tcp] }\n',
    });
    expect(await rules(files)).toEqual({ rules: ['allow 22/tcp', 'allow 6443/tcp', 'allow 80/tcp'] });
  });
});

it('a kernel parameter may be spaced as people do', async () => {
  const files = inDefaults('ip_nonlocal_bind: 1', 'ip_nonlocal_bind: " 4096  131072\\t6291456 "');
  expect((await resource(files, 'sysctl[net.ipv4.ip_nonlocal_bind]')).spec).toBe('4096 131072 6291456');
});

describe('layers', () => {
  const files = lesson({
    'roles/control-plane.yaml':
      'sysctls: { net.a: control-plane, net.b: control-plane, net.c: control-plane }\n',
    'roles/master.yaml': 'sysctls: { net.b: master }\n',
    'roles/backup.yaml': 'sysctls: { net.b: backup, net.c: backup }\n',
    'roles/worker.yaml': 'sysctls: { net.a: worker }\n',
    'hosts/kubernetes-node-2.yaml': 'sysctls: { net.c: host, net.ipv4.ip_nonlocal_bind: null }\n',
    'cluster.yaml': `${LESSON['cluster.yaml']}workers: { worker-1: { address: 10.1.1.9 } }\n`,
    'defaults.yaml': 'sysctls: { net.ipv4.ip_nonlocal_bind: 1 }\n',
  });
  it.each([
    [
      'kubernetes-node-1',
      '10.1.1.1',
      {
        'net.a': 'control-plane',
        'net.b': 'master',
        'net.c': 'control-plane',
        'net.ipv4.ip_nonlocal_bind': '1',
      },
    ],
    ['kubernetes-node-2', '10.1.1.2', { 'net.a': 'control-plane', 'net.b': 'backup', 'net.c': 'host' }],
    ['worker-1', '10.1.1.9', { 'net.a': 'worker', 'net.ipv4.ip_nonlocal_bind': '1' }],
  ])('give %s its own', async (hostname, address, sysctls) => {
    const { resources } = await candidate(files, hostname, address);
    expect(Object.fromEntries(resources.map(({ id, spec }) => [id.slice(7, -1), spec]))).toEqual(sysctls);
  });

  it('need not be there', async () => {
    expect((await candidate({ 'cluster.yaml': LESSON['cluster.yaml'] })).resources).toEqual([]);
  });
});

describe('a commit', () => {
  it('that does not name this host leaves it without a desired state, never with an empty one', async () => {
    expect(await asked(lesson(), 'somebody-else')).toEqual({
      from,
      noDesiredState: expect.stringContaining('This host is called somebody-else') as string,
    });
  });

  it('with a mistake is refused with every diagnostic, warnings too', async () => {
    const found = await asked(
      lesson({
        'cluster.yaml': LESSON['cluster.yaml'].replace('secret12', 'changeme'),
        'defaults.yaml': LESSON['defaults.yaml'].replace('"0600"', '0600'),
      }),
    );
    expect('diagnostics' in found && found.diagnostics.map(({ file, severity }) => [file, severity])).toEqual(
      [
        ['cluster.yaml', 'warning'],
        ['defaults.yaml', 'error'],
      ],
    );
  });

  it('with only a warning is a candidate, and the warning goes with it', async () => {
    const files = { ...inCluster('secret12', 'changeme'), 'hosts/kubernetes-node-2.yml': '{}' };
    const { warnings } = await candidate(files);
    expect(warnings?.map(({ file, path }) => [file, path])).toEqual([
      ['cluster.yaml', 'vrrp.authPass'],
      ['hosts/kubernetes-node-2.yml', ''],
    ]);
  });

  it("with a mistake in another host's layer is this host's all the same", async () => {
    const { resources } = await candidate(lesson({ 'roles/master.yaml': 'sysctls: [' }));
    expect(resources).toHaveLength(7);
  });

  it('with a file that may not be read is refused with the reason', async () => {
    const tree = memoryTree(lesson());
    const problem = new TreeProblem(
      'defaults.yaml is a link to /etc/passwd, which is outside the state repository.',
    );
    const read = (path: string) => (path === 'defaults.yaml' ? Promise.reject(problem) : tree.read(path));
    const identity = { hostname: 'kubernetes-node-2', addresses: new Map() };
    const found = await candidateOf({
      tree: { ...tree, read },
      from,
      identity,
      checkAddress: false,
      kinds: KINDS,
      unlock: null,
    });
    expect('diagnostics' in found && found.diagnostics.map(({ file, message }) => [file, message])).toEqual([
      ['defaults.yaml', problem.message],
    ]);
  });
});

describe('values in files that others own', () => {
  const LIST = 'spec.containers[name=kube-apiserver].command';
  const yaml = (defaults: string, host = '{}'): Files =>
    lesson({
      'defaults.yaml': `${LESSON['defaults.yaml']}yaml:\n  /etc/x.yaml: ${defaults}\n`,
      'hosts/kubernetes-node-2.yaml': `yaml:\n  /etc/x.yaml: ${host}\n`,
    });
  const edits = async (files: Files): Promise<unknown> => (await resource(files, 'yaml[/etc/x.yaml]')).spec;

  it('are rendered, and what a template prints is read as YAML reads it', async () => {
    const entry = `{ set: { a: "<%= it.node.address %>", b: "<%= it.cluster.apiPort %>", c: "6443", d: yes }, flags: { "${LIST}": { --bind-address: "<%= it.node.address %>", --port: "<%= it.cluster.apiPort %>" } }, remove: ["${LIST}[--x]"] }`;
    expect(await edits(yaml(entry))).toEqual({
      edits: {
        a: '10.1.1.2',
        b: 6443,
        c: '6443',
        d: 'yes',
        [`${LIST}[--bind-address]`]: '10.1.1.2',
        [`${LIST}[--port]`]: 6443,
        [`${LIST}[--x]`]: null,
      },
    });
  });
  it.each([
    ['adds to them', '{ set: { b: 2 } }', { a: 1, 'l[--f]': 'x', b: 2 }],
    ['overrides them', '{ set: { a: 2 }, flags: { l: { --f: y } } }', { a: 2, 'l[--f]': 'y' }],
    ['takes one out', '{ set: { a: null } }', { 'l[--f]': 'x' }],
    ['takes an argument out', '{ flags: { l: { --f: null } } }', { a: 1 }],
    ['removes what was set', '{ remove: [a, "l[--f]"] }', { a: null, 'l[--f]': null }],
  ])('a later layer %s', async (_what, host, expected) => {
    expect(await edits(yaml('{ set: { a: 1 }, flags: { l: { --f: x } } }', host))).toEqual({
      edits: expected,
    });
  });
  it('a later layer takes the file out', async () => {
    const { resources } = await candidate(yaml('{ set: { a: 1 } }', 'null'));
    expect(resources.filter(({ id }) => id.startsWith('yaml['))).toEqual([]);
  });
  it('tell a unit that reads the file', async () => {
    const files = yaml('{ set: { a: 1 }, notify: { restart: kubelet.service } }');
    expect((await resource(files, 'yaml[/etc/x.yaml]')).notify).toEqual([
      { unit: 'kubelet.service', action: 'restart' },
    ]);
  });
});
