import type { Kinds } from '../resources/kind.ts';
import { readyToRender } from './candidate.ts';
import type { Cluster } from './cluster.ts';
import { aboutFile, sortDiagnostics, type Diagnostic } from './diagnostics.ts';
import { openRepository } from './load.ts';
import { renderHost } from './render.ts';
import { listedRole, type Role } from './role.ts';
import { strays } from './strays.ts';
import type { Tree } from './tree.ts';

export type EveryHost = {
  /** Sorted; each once, however many hosts it concerns. */
  readonly diagnostics: readonly Diagnostic[];
  /** In the order of cluster.yaml's priorities, workers last; empty when cluster.yaml has errors. */
  readonly hosts: readonly { readonly role: Role; readonly resources: number }[];
};

/** `holdfast validate`: the repository as all its hosts would see it. */
export async function everyHost(tree: Tree, kinds: Kinds): Promise<EveryHost> {
  const repository = openRepository(tree);
  const loaded = await repository.cluster();
  const layers = await Promise.all(LAYERS.map((file) => repository.layer(file)));
  const general = [...loaded.diagnostics, ...layers.flatMap(({ diagnostics }) => diagnostics)];
  if (loaded.cluster === null) return { diagnostics: sortDiagnostics(general), hosts: [] };
  const { cluster } = loaded;
  const ready = readyToRender(repository, loaded, cluster);
  const roles = rolesOf(cluster);
  const rendered = [];
  for (const role of roles) rendered.push({ role, ...(await renderHost({ ...ready, role, kinds })) });
  const diagnostics = [...general, ...(await strays(tree, cluster)), ...merged(rendered, roles.length)];
  return {
    diagnostics: sortDiagnostics(diagnostics),
    hosts: rendered.map(({ role, resources }) => ({ role, resources: resources.length })),
  };
}

/** What one host would get, for `holdfast render`; `null` with a diagnostic when cluster.yaml does not name it. */
export const unknownHost = (cluster: Cluster, hostname: string): Diagnostic =>
  aboutFile('cluster.yaml', `names no host ${hostname}. It names ${rolesOf(cluster).map((role) => role.hostname).join(', ')}.`);

const LAYERS = ['defaults.yaml', ...['control-plane', 'master', 'backup', 'worker'].map((name) => `roles/${name}.yaml`)];

const rolesOf = (cluster: Cluster): readonly Role[] =>
  [...cluster.nodes, ...cluster.workers].flatMap(({ name }) => listedRole(cluster, name) ?? []);

/** Each diagnostic once; with the hosts that it concerns, unless that is all of them or the file says it already. */
function merged(
  rendered: readonly { readonly role: Role; readonly diagnostics: readonly Diagnostic[] }[],
  hosts: number,
): readonly Diagnostic[] {
  const found = new Map<string, { readonly diagnostic: Diagnostic; readonly of: Set<string> }>();
  for (const { role, diagnostics } of rendered)
    for (const diagnostic of diagnostics) {
      const key = JSON.stringify(diagnostic);
      const entry = found.get(key) ?? { diagnostic, of: new Set<string>() };
      entry.of.add(role.hostname);
      found.set(key, entry);
    }
  return [...found.values()].map(({ diagnostic, of }) =>
    of.size === hosts || LAYERS.concat([...of].map((name) => `hosts/${name}.yaml`)).includes(diagnostic.file ?? '') && isAboutLayer(diagnostic)
      ? diagnostic
      : { ...diagnostic, message: `${diagnostic.message} (For ${[...of].join(', ')}.)` },
  );
}
const isAboutLayer = (diagnostic: Diagnostic): boolean => diagnostic.file?.startsWith('hosts/') ?? false;
