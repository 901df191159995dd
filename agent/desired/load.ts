import { check } from './check.ts';
import { clusterFile, type ClusterFile } from './cluster-schema.ts';
import { clusterOf, type Cluster } from './cluster.ts';
import { aboutFile, hasErrors, type Diagnostic } from './diagnostics.ts';
import { invariants } from './invariants.ts';
import { layerFile, type Layer } from './layer-schema.ts';
import { layerMissing } from './load-balancer.ts';
import { passwordOf, type Password } from './password.ts';
import { openSecrets, type Secrets, type Unlock } from './secrets.ts';
import { TreeProblem, type Tree } from './tree.ts';
import { parseYaml, type YamlSource } from './yaml-source.ts';

/** `cluster` is null exactly when there are errors among the diagnostics. */
export type LoadedCluster = { readonly diagnostics: readonly Diagnostic[] } & (
  | { readonly cluster: null; readonly password: null; readonly source: null }
  | { readonly cluster: Cluster; readonly password: Password | null; readonly source: YamlSource }
);
export type LoadedLayer = {
  /** `null`: the file is not there, holds nothing, or has errors. */
  readonly layer: { readonly source: YamlSource; readonly value: Layer } | null;
  readonly diagnostics: readonly Diagnostic[];
};

/** One commit's files, each read and parsed at most once. */
export type Repository = {
  readonly tree: Tree;
  secrets(): Promise<Secrets>;
  cluster(): Promise<LoadedCluster>;
  layer(file: string): Promise<LoadedLayer>;
};

/** `unlock` null: secrets are masked, as for whoever only looks. */
export function openRepository(tree: Tree, unlock: Unlock | null = null): Repository {
  let secrets: Promise<Secrets> | null = null;
  let cluster: Promise<LoadedCluster> | null = null;
  const layers = new Map<string, Promise<LoadedLayer>>();
  const opened = (): Promise<Secrets> => (secrets ??= openSecrets(tree, unlock));
  const layer = (file: string): Promise<LoadedLayer> => {
    const known = layers.get(file) ?? loadLayer(tree, file);
    layers.set(file, known);
    return known;
  };
  return {
    tree,
    secrets: opened,
    cluster: () => (cluster ??= loadCluster(tree, opened, layer)),
    layer,
  };
}

/** A text of the repository; `null` when there is no such file. */
export async function readText(
  tree: Tree,
  file: string,
): Promise<{ readonly text: string | null } | { readonly problem: string }> {
  try {
    const bytes = await tree.read(file);
    return { text: bytes === null ? null : new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    if (error instanceof TreeProblem) return { problem: error.message };
    if (error instanceof TypeError) return { problem: 'is not a text in UTF-8. Save it as UTF-8.' };
    throw error;
  }
}

async function loadCluster(
  tree: Tree,
  secrets: () => Promise<Secrets>,
  layer: Repository['layer'],
): Promise<LoadedCluster> {
  const file = 'cluster.yaml';
  const failed = (...diagnostics: Diagnostic[]): LoadedCluster => ({
    cluster: null,
    password: null,
    source: null,
    diagnostics,
  });
  const read = await readText(tree, file);
  if ('problem' in read) return failed(aboutFile(file, read.problem));
  if (read.text === null) return failed(aboutFile(file, await missing(tree)));
  const { source, diagnostics } = parseYaml(file, read.text);
  if (source === null)
    return failed(
      ...(diagnostics.length > 0
        ? diagnostics
        : [aboutFile(file, 'is empty. Write name, vip, interface, vrrp and nodes.')]),
    );
  const checked = check<ClusterFile>(clusterFile, source);
  if (checked.value === null) return failed(...checked.diagnostics);
  const { password, diagnostics: about } = await passwordOf(checked.value, source, tree, await secrets());
  const { loadBalancer } = checked.value;
  const all = [
    ...invariants(checked.value, source),
    ...about,
    ...(await layerMissing({ balancer: loadBalancer, source, tree, layer })),
  ];
  if (hasErrors(all)) return failed(...all);
  return { cluster: clusterOf(checked.value), password, source, diagnostics: all };
}

async function missing(tree: Tree): Promise<string> {
  const names = await tree.list('.');
  if (names.length === 0)
    return 'does not exist: the repository, or the folder of it that is configured, is empty. Commit a desired state to it.';
  if (names.includes('cluster.yml'))
    return 'does not exist, but cluster.yml does. Rename it to cluster.yaml.';
  return 'does not exist. Add it, or set repository.path in /etc/holdfast/agent.yaml to the folder that holds it.';
}

async function loadLayer(tree: Tree, file: string): Promise<LoadedLayer> {
  const read = await readText(tree, file);
  if ('problem' in read) return { layer: null, diagnostics: [aboutFile(file, read.problem)] };
  if (read.text === null) return { layer: null, diagnostics: [] };
  const { source, diagnostics } = parseYaml(file, read.text);
  if (source === null)
    return {
      layer: null,
      diagnostics: diagnostics.length > 0 ? diagnostics : [aboutFile(file, EMPTY, 'warning')],
    };
  const checked = check<Layer>(layerFile, source);
  if (checked.value === null) return { layer: null, diagnostics: checked.diagnostics };
  return { layer: { source, value: checked.value }, diagnostics: emptySections(checked.value, source) };
}

const EMPTY = 'holds nothing. Write {} if that is meant, or remove the file.';

function emptySections(layer: Layer, source: YamlSource): readonly Diagnostic[] {
  return Object.entries(layer)
    .filter(([, section]) => section === null)
    .map(([name]) =>
      source.diagnose(
        [name],
        'has nothing under it, and takes nothing out. Remove the line, or write entries.',
        {
          on: 'key',
          severity: 'warning',
        },
      ),
    );
}
