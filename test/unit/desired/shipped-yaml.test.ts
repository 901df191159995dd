import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { candidateOf } from '../../../agent/desired/candidate.ts';
import { memoryTree } from '../../../agent/desired/memory-tree.ts';
import { renderedFiles } from '../../../agent/desired/rendered-files.ts';
import { KINDS } from '../../../agent/resources/index.ts';
import { edited, look } from '../../../agent/resources/yaml-edit.ts';

/** What the template that users copy does to Kubernetes' own files, against what kubeadm writes. */

const ROOT = new URL('../../../desired-state/', import.meta.url).pathname;
const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const PATCHES = '/etc/kubernetes/patches';

function template(folder = ''): Readonly<Record<string, string>> {
  const found = readdirSync(join(ROOT, folder)).map((name): Readonly<Record<string, string>> => {
    const path = join(folder, name);
    if (statSync(join(ROOT, path)).isDirectory()) return template(path);
    return { [path]: readFileSync(join(ROOT, path), 'utf8') };
  });
  return Object.assign({}, ...found) as Record<string, string>;
}

async function onNode(n: number, workers = '') {
  const files = template();
  const cluster = files['cluster.yaml']! + workers;
  const found = await candidateOf({
    tree: memoryTree({ ...files, 'cluster.yaml': cluster }),
    from: { directory: ROOT },
    identity: { hostname: `kubernetes-node-${n}`, addresses: new Map([['eth0', [`10.1.1.${n}`]]]) },
    checkAddress: true,
    kinds: KINDS,
    unlock: null,
  });
  if (!('resources' in found)) throw new Error(JSON.stringify(found));
  return found;
}

/** As kubeadm writes it: on all addresses. */
const fromKubeadm = (address: string): string =>
  readFileSync(new URL('../../../scripts/lab/stand-ins/kube-apiserver.yaml.in', import.meta.url), 'utf8')
    .replaceAll('@ADDRESS@', address)
    .replace(/^ +- --bind-address=.*\n/m, '');

it('brings the API server to its node’s address, wherever kubeadm wrote another one', async () => {
  const { resources } = await onNode(2);
  const { edits } = resources.find(({ id }) => id === `yaml[${MANIFEST}]`)!.spec as {
    readonly edits: Readonly<Record<string, string>>;
  };
  const found = fromKubeadm('10.1.1.9');
  const wishes = Object.entries(edits).map(
    ([at, value]) => [at, { is: JSON.stringify(value), layout: null }] as const,
  );
  const after = edited(MANIFEST, found, new Map(wishes));
  expect(after).toBe(
    found
      .replaceAll('10.1.1.9', '10.1.1.2')
      .replace(/( +- --[^\n]+\n)(?! +- --)/, '$1    - --bind-address=10.1.1.2\n'),
  );
});

it('patches for kubeadm name the same addresses, and add the one argument that kubeadm leaves out', async () => {
  const found = await onNode(2);
  const patch = (name: string): unknown => {
    const { bytes } = renderedFiles(found).get(`${PATCHES}/${name}`)!;
    return parse(new TextDecoder().decode(bytes));
  };
  const { edits } = found.resources.find(({ id }) => id === `yaml[${MANIFEST}]`)!.spec as {
    readonly edits: Readonly<Record<string, string>>;
  };
  const strategic = JSON.stringify(patch('kube-apiserver0+strategic.yaml'));
  const seen = look(
    PATCHES,
    strategic,
    Object.keys(edits).filter((at) => !at.endsWith(']') || at.includes('annotations')),
  );
  for (const [at, entry] of seen) expect(entry, at).toMatchObject({ is: JSON.stringify(edits[at]) });
  expect(patch('kube-apiserver1+json.yaml')).toEqual([
    { op: 'add', path: '/spec/containers/0/command/-', value: '--bind-address=10.1.1.2' },
  ]);
});

it('kubeconfigs name the virtual IP; those of controller-manager and scheduler stay local', async () => {
  const { resources } = await onNode(1);
  const named = resources.flatMap(({ id, spec }) =>
    JSON.stringify(spec).includes('"https://10.1.233.1:6443"') ? [id] : [],
  );
  expect(named).toEqual([
    'yaml[/etc/kubernetes/admin.conf]',
    'yaml[/home/pi/.kube/config]',
    'yaml[/root/.kube/config]',
  ]);
  expect(JSON.stringify(resources)).not.toMatch(/controller-manager\.conf|scheduler\.conf/);
});

it('kubelet of a worker reaches the API server through the virtual IP, and is told', async () => {
  const { resources } = await onNode(4, '\nworkers: { kubernetes-node-4: { address: 10.1.1.4 } }\n');
  const ours = resources.filter(({ id }) => id.startsWith('yaml['));
  expect(ours).toMatchObject([
    {
      id: 'yaml[/etc/kubernetes/kubelet.conf]',
      spec: { edits: { 'clusters[name=default-cluster].cluster.server': 'https://10.1.233.1:6443' } },
      notify: [{ unit: 'kubelet.service', action: 'restart' }],
    },
  ]);
});
