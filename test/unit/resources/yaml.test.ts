import { describe, expect, test } from 'vitest';
import type { Json } from '../../../agent/host/host.ts';
import { plan, type Known } from '../../../agent/plan/plan.ts';
import { KINDS } from '../../../agent/resources/index.ts';
import { yaml as kind } from '../../../agent/resources/yaml.ts';
import { apply } from '../../../agent/transaction/apply.ts';
import { candidate, knownAfter, sysctl, UNKNOWN, yaml } from '../../support/desired.ts';
import { FakeCycle } from '../../support/fake-cycle.ts';
import { FakeHost } from '../../support/fake-host.ts';

const PATH = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const COMMAND = 'spec.containers[name=kube-apiserver].command';
const BIND = `${COMMAND}[--bind-address]`;
const ADVERTISE = `${COMMAND}[--advertise-address]`;
const manifest = (...args: readonly string[]): string =>
  `spec:\n  containers:\n  - command:\n${args.map((arg) => `    - ${arg}\n`).join('')}    name: kube-apiserver # theirs\n`;
const FOUND = manifest('kube-apiserver', '--advertise-address=10.1.1.1');

const hostWith = (text: string): FakeHost => new FakeHost().put(PATH, text, 0o600, 'haproxy', 'haproxy');
type Edits = Parameters<typeof yaml>[1];
async function converged(host: FakeHost, edits: Edits | null, known: Known = UNKNOWN): Promise<Known> {
  const resources = edits === null ? [] : [yaml(PATH, edits)];
  const made = await plan(candidate(host, 1, resources, true), known, KINDS, host.host());
  await apply(made, KINDS, host.host(), async () => {});
  return knownAfter(made.of, new Map([...known.inventory, ...made.adopts]));
}
const observed = async (host: FakeHost, ...addresses: readonly string[]): Promise<Json> =>
  (await kind.observe(new Map([[PATH, addresses]]), host.host())).get(PATH)!;

test('several edits of one file are one change and one write, and mode and owner stay', async () => {
  const host = hostWith(FOUND);
  await converged(host, { [BIND]: '10.1.1.1', [ADVERTISE]: '10.1.1.2' });
  expect(host.text(PATH)).toBe(
    manifest('kube-apiserver', '--advertise-address=10.1.1.2', '--bind-address=10.1.1.1'),
  );
  expect(host.files.get(PATH)).toMatchObject({ mode: 0o600, owner: 'haproxy', group: 'haproxy' });
  expect(host.log).toEqual([`write ${PATH}`]);
});

test('identical content is not written: nothing restarts for it', async () => {
  const host = hostWith(manifest('kube-apiserver', '"--bind-address=10.1.1.1"'));
  await converged(host, { [BIND]: '10.1.1.1' });
  expect(host.log).toEqual([]);
});

describe('what is not there is waited for, and said', () => {
  const target = async (host: FakeHost) =>
    kind.target({ edits: { [BIND]: '10.1.1.1' } }, await observed(host, BIND), {
      name: PATH,
      coming: new Set(),
    });
  test.each<[string, FakeHost, string]>([
    ['no file', new FakeHost(), `waits for ${PATH}, which does not exist yet`],
    ['an empty one', hostWith(''), `waits for ${PATH}: it has no spec`],
    [
      'another container',
      hostWith(FOUND.replace('kube-apiserver #', 'etcd #')),
      `waits for ${PATH}: it has no spec.containers[name=kube-apiserver], only name etcd`,
    ],
  ])('%s', async (_what, host, waiting) => {
    expect(await target(host)).toEqual({ waiting });
  });
  test('what shall not be there anyway is not waited for', async () => {
    const host = hostWith('spec: {}\n');
    await converged(host, { [BIND]: null });
    expect(host.log).toEqual([]);
  });
});

describe('what kubeadm changed elsewhere in the file meanwhile survives', () => {
  const upgraded = (text: string): string =>
    text.replace('# theirs', '# from 1.32').replace('- kube', '- new\n    - kube');
  test('a release: only the edited values go back to what was first seen', async () => {
    const host = hostWith(FOUND);
    const known = await converged(host, { [BIND]: '10.1.1.1', [ADVERTISE]: '10.1.1.2' });
    host.put(PATH, upgraded(host.text(PATH)!), 0o600);
    await converged(host, null, known);
    expect(host.text(PATH)).toBe(upgraded(FOUND));
  });
  test('a rollback', async () => {
    const host = hostWith(FOUND);
    const before = await observed(host, BIND, ADVERTISE);
    await converged(host, { [BIND]: '10.1.1.1', [ADVERTISE]: '10.1.1.2' });
    host.put(PATH, upgraded(host.text(PATH)!), 0o600);
    await kind.enforce(PATH, before, host.host());
    expect(host.text(PATH)).toBe(upgraded(FOUND));
  });
  test('a rollback of a file that was taken away meanwhile has nothing to do', async () => {
    const host = hostWith(FOUND);
    const before = await observed(host, BIND);
    host.files.delete(PATH);
    await kind.enforce(PATH, before, host.host());
    expect(host.log).toEqual([]);
    expect(kind.settled(before, await observed(host, BIND))).toBe(true);
  });
  test('a file that was taken away stays away', async () => {
    const host = hostWith(FOUND);
    const known = await converged(host, { [BIND]: '10.1.1.1' });
    host.files.delete(PATH);
    await converged(host, null, known);
    expect(host.text(PATH)).toBeNull();
  });
});

describe('an edit that leaves a file in which others stay', () => {
  test('goes back to what was first seen, and is others’ from then on', async () => {
    const host = hostWith(FOUND);
    const both = await converged(host, { [BIND]: '10.1.1.1', [ADVERTISE]: '10.1.1.2' });
    const one = await converged(host, { [BIND]: '10.1.1.1' }, both);
    expect(host.text(PATH)).toBe(
      manifest('kube-apiserver', '--advertise-address=10.1.1.1', '--bind-address=10.1.1.1'),
    );
    host.put(PATH, host.text(PATH)!.replace('advertise-address=10.1.1.1', 'advertise-address=10.1.1.3'));
    host.log.length = 0;
    await converged(host, { [BIND]: '10.1.1.1' }, one);
    expect(host.log).toEqual([]);
    await converged(host, null, one);
    expect(host.text(PATH)).toBe(manifest('kube-apiserver', '--advertise-address=10.1.1.3'));
  });
  test('one that comes to others, and has nothing to change, is remembered on disk as well', async () => {
    const host = hostWith('a: 1\nb: "2" # theirs\n');
    const cycle = new FakeCycle(host);
    const resources = (edits: Edits) => [yaml(PATH, edits), sysctl('net.x', '1')];
    host.kernel.set('net/x', '1');
    await cycle.commit(1, resources({ a: 1 })).run();
    await cycle.commit(2, resources({ a: 1, b: '2' })).run();
    await cycle.restart();
    host.put(PATH, 'a: 1\nb: 3 # theirs\n', 0o600);
    await cycle.commit(3, [sysctl('net.x', '1')], true).run();
    expect(host.text(PATH)).toBe('a: 1\nb: "2" # theirs\n');
  });
  test('one that comes to others is remembered as it was then', async () => {
    const host = hostWith(FOUND);
    const one = await converged(host, { [BIND]: '10.1.1.1' });
    const both = await converged(host, { [BIND]: '10.1.1.1', [ADVERTISE]: '10.1.1.2' }, one);
    await converged(host, null, both);
    expect(host.text(PATH)).toBe(FOUND);
  });
});

test('nothing of the file but the edited value is in the state, and nothing else is told', async () => {
  const key = 'LS0tLS1CRUdJTiBQUklWQVRF';
  const conf = `clusters:\n- cluster:\n    certificate-authority-data: ${key}\n    server: https://10.1.1.1:6443 # ${key}\n  name: kubernetes\n`;
  const host = hostWith(conf);
  const server = 'clusters[name=kubernetes].cluster.server';
  const from = await observed(host, server);
  const to = { [server]: { is: '"https://10.1.233.1:6443"', layout: null } };
  const told = kind.describe(from, to, { text: () => '', secret: false });
  expect(JSON.stringify([from, told])).not.toContain(key);
  expect(told).toEqual({
    summary: [`${server}: https://10.1.1.1:6443 → https://10.1.233.1:6443`],
    detail: [`-${server}: https://10.1.1.1:6443`, `+${server}: https://10.1.233.1:6443`],
  });
  await kind.enforce(PATH, to, host.host());
  expect(host.text(PATH)).toBe(conf.replace('10.1.1.1', '10.1.233.1'));
});

test.each<[string, Uint8Array, string]>([
  ['more than a megabyte', new Uint8Array(1024 * 1024 + 1).fill(0x20), 'is larger than 1 MiB'],
  ['no UTF-8', Uint8Array.of(0xff, 0xfe), 'is not a text in UTF-8'],
  ['no YAML', new TextEncoder().encode('a: [\n'), `${PATH}:2:1: this is not valid YAML`],
])('%s is refused in a sentence', async (_what, bytes, sentence) => {
  const host = hostWith('');
  const content = host.blobs.remember(bytes);
  host.contents.set(content.sha256, bytes);
  host.files.set(PATH, { content, mode: 0o600, owner: 'root', group: 'root' });
  const made = await plan(candidate(host, 1, [yaml(PATH, { a: 1 })]), UNKNOWN, KINDS, host.host());
  expect(made.refused.map(({ why }) => why).join()).toContain(sentence);
});

test('an address that is no path is refused where it is written', () => {
  expect(() => kind.parseSpec({ edits: { 'a[0].b': 1 } })).toThrow('counts the items of a list');
});
