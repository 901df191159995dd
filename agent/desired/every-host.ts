import type { Kinds } from '../resources/kind.ts';
import { readyToRender } from './candidate.ts';
import type { Cluster } from './cluster.ts';
import { sortDiagnostics, type Diagnostic } from './diagnostics.ts';
import { linted } from './linted.ts';
import { LOAD_BALANCERS } from './load-balancer.ts';
import { openRepository } from './load.ts';
import { renderHost } from './render.ts';
import { listedRole, type Role } from './role.ts';
import { keylessHosts, secretProblems } from './secret-problems.ts';
import { strays } from './strays.ts';
import type { Tree } from './tree.ts';

export type EveryHost = {
  /** Sorted; each once, however many hosts it concerns. */
  readonly diagnostics: readonly Diagnostic[];
  /** In the order of cluster.yaml's priorities, workers last; empty when cluster.yaml has errors. */
  readonly hosts: readonly {
    readonly role: Role;
    readonly resources: number;
    /** It reads secrets, and has the template's placeholder in place of a key: it would refuse this. */
    readonly keyless: boolean;
  }[];
};

/** `holdfast validate`: the repository as all its hosts would see it. */
export async function everyHost(tree: Tree, kinds: Kinds): Promise<EveryHost> {
  const repository = openRepository(tree);
  const loaded = await repository.cluster();
  const layers = await Promise.all(LAYERS.map((file) => repository.layer(file)));
  const general = [...loaded.diagnostics, ...layers.flatMap(({ diagnostics }) => diagnostics)];
  if (loaded.cluster === null) return { diagnostics: sortDiagnostics(general), hosts: [] };
  const { cluster } = loaded;
  const ready = await readyToRender(repository, loaded, cluster);
  const rendered = [];
  for (const role of rolesOf(cluster))
    rendered.push({ role, ...(await renderHost({ ...ready, role, kinds })) });
  const hosts = rendered.map(({ role, ...one }) => ({ role, rendered: one }));
  const said = await linted(cluster, hosts, tree);
  const withLints = rendered.map((one) => ({
    ...one,
    diagnostics: [
      ...one.diagnostics,
      ...said.flatMap(({ hostname, diagnostic }) => (hostname === one.role.hostname ? [diagnostic] : [])),
    ],
  }));
  const about = merged(withLints, general);
  const readings = rendered.map(({ role, secrets }) => ({ hostname: role.hostname, secrets }));
  const keyless = await keylessHosts(tree, readings);
  return {
    diagnostics: sortDiagnostics([
      ...general,
      ...(await strays(tree, cluster)),
      ...(await secretProblems(tree, cluster, readings)),
      ...about,
    ]),
    hosts: rendered.map(({ role, resources }) => ({
      role,
      resources: resources.length,
      keyless: keyless.includes(role.hostname),
    })),
  };
}

const LAYERS = [
  'defaults.yaml',
  ...['control-plane', ...LOAD_BALANCERS, 'master', 'backup', 'worker'].map((name) => `roles/${name}.yaml`),
];

const rolesOf = (cluster: Cluster): readonly Role[] =>
  [...cluster.nodes, ...cluster.workers].flatMap(({ name }) => listedRole(cluster, name) ?? []);

/** Each diagnostic once; with the hosts that it concerns, unless that is all of them or its file is that of the host. */
function merged(
  rendered: readonly { readonly role: Role; readonly diagnostics: readonly Diagnostic[] }[],
  general: readonly Diagnostic[],
): readonly Diagnostic[] {
  const known = new Set(general.map((diagnostic) => JSON.stringify(diagnostic)));
  const found = new Map<string, { readonly diagnostic: Diagnostic; readonly of: string[] }>();
  for (const { role, diagnostics } of rendered)
    for (const [key, diagnostic] of new Map(diagnostics.map((one) => [JSON.stringify(one), one]))) {
      if (known.has(key)) continue;
      const entry = found.get(key) ?? { diagnostic, of: [] };
      entry.of.push(role.hostname);
      found.set(key, entry);
    }
  return [...found.values()].map(({ diagnostic, of }) =>
    of.length === rendered.length || diagnostic.file === `hosts/${of[0]}.yaml`
      ? diagnostic
      : { ...diagnostic, message: `${diagnostic.message} (On ${of.join(', ')}.)` },
  );
}
