import type { Identity, Json } from '../host/host.ts';
import type { Kinds, Origin, Resource } from '../resources/kind.ts';
import type { Cluster } from './cluster.ts';
import { hasErrors, sortDiagnostics, type Diagnostic } from './diagnostics.ts';
import { linted } from './linted.ts';
import { openRepository, type LoadedCluster, type Repository } from './load.ts';
import { otherNodes } from './other-nodes.ts';
import { renderHost, type RenderedHost } from './render.ts';
import { textUnderFiles } from './repository-files.ts';
import { roleOf, vipProblem, type Role } from './role.ts';
import type { Unlock } from './secrets.ts';
import { strays } from './strays.ts';
import { openTemplates } from './templates.ts';
import type { Tree } from './tree.ts';
import type { YamlSource } from './yaml-source.ts';

/** Where a candidate comes from. `directory`: `converge --from DIR`, without Git. */
export type From =
  | { readonly commit: string; readonly author: string; readonly subject: string }
  | { readonly generation: number; readonly commit: string | null }
  | { readonly directory: string };

/** A desired state rendered for this host: nothing of the repository is needed any more. */
export type Candidate = {
  readonly from: From;
  readonly role: Role;
  /** What the fleet and the health checks need of cluster.yaml, plain data: a `Cluster`. */
  readonly cluster: Json;
  readonly resources: readonly Resource[];
  readonly allowMassRemoval: boolean;
  /** Bytes by digest that the resources' specs refer to. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
  /** Where rollout.at is written, or would be. Absent: an earlier release rendered this. */
  readonly moment?: Origin;
  /** Where cluster.yaml says what may be taken elsewhere in the network. Absent: the same. */
  readonly terms?: { readonly vip: Origin; readonly routerId: Origin };
  /** What is odd in the repository and stops nothing. */
  readonly warnings?: readonly Diagnostic[];
};

/** A commit that cannot be a candidate, and why. Nothing on the host changes for it. */
export type Refusal = { readonly from: From; readonly diagnostics: readonly Diagnostic[] };

/** This host is not one that the commit speaks of: never an empty desired state. */
export type NoDesiredState = { readonly from: From; readonly noDesiredState: string };

export type Asked = {
  readonly tree: Tree;
  readonly from: From;
  readonly identity: Identity;
  /** Whether the node's address must be on this host: not for an image at rest. */
  readonly checkAddress: boolean;
  readonly kinds: Kinds;
  /** Opens the commit's secrets; null: nobody can, and masks stand in their place. */
  readonly unlock: Unlock | null;
};

/** Load, role, render: what this commit wants of this host. */
export async function candidateOf(asked: Asked): Promise<Candidate | Refusal | NoDesiredState> {
  const { tree, from, identity, checkAddress, kinds, unlock } = asked;
  const repository = openRepository(tree, unlock);
  const loaded = await repository.cluster();
  if (loaded.cluster === null) return { from, diagnostics: await clusterProblems(repository, loaded) };
  const found = roleOf(loaded.cluster, identity, { checkAddress });
  if ('noDesiredState' in found) return { from, noDesiredState: found.noDesiredState };
  const vip = checkAddress ? vipProblem(loaded.cluster, found.role, identity) : null;
  if (vip !== null) return { from, diagnostics: [loaded.source.diagnose(['vip'], vip)] };
  const ready = await readyToRender(repository, loaded, loaded.cluster);
  const rendered = await renderHost({ ...ready, role: found.role, kinds });
  const diagnostics = sortDiagnostics([
    ...loaded.diagnostics,
    ...(await strays(tree, loaded.cluster)),
    ...rendered.diagnostics,
    ...(await lintsFor(found.role, rendered, ready, kinds)),
  ]);
  if (hasErrors(diagnostics)) return { from, diagnostics };
  return candidate(from, found.role, loaded, rendered, diagnostics);
}

/** What the lints say of this host, and whatever no node may apply: they would disagree about the virtual IP. */
async function lintsFor(
  role: Role,
  rendered: RenderedHost,
  ready: Awaited<ReturnType<typeof readyToRender>>,
  kinds: Kinds,
): Promise<readonly Diagnostic[]> {
  if (role.role === 'worker') return [];
  const { cluster, repository } = ready;
  const others = await otherNodes(ready, role.hostname, kinds);
  const byPriority = cluster.nodes.flatMap(({ name }) =>
    [{ role, rendered }, ...others].filter((one) => one.role.hostname === name),
  );
  const said = await linted(cluster, byPriority, repository.tree);
  return said
    .filter(
      ({ hostname, diagnostic, hostKnows }) =>
        !hostKnows && (hostname === role.hostname || diagnostic.severity === 'error'),
    )
    .map(({ diagnostic }) => diagnostic);
}

/** What rendering needs besides the host: the same for every host of a commit. */
export async function readyToRender(repository: Repository, { password }: LoadedCluster, cluster: Cluster) {
  const templates = openTemplates(
    (name) => textUnderFiles(repository.tree, name),
    inFiles(password?.file ?? null),
  );
  return { repository, cluster, password, secrets: await repository.secrets(), templates };
}
const inFiles = (path: string | null): string | null => path?.slice('files/'.length) ?? null;

/** Without a cluster nobody knows which layers count; what every host reads is still worth a look. */
async function clusterProblems(
  repository: Repository,
  loaded: LoadedCluster,
): Promise<readonly Diagnostic[]> {
  const { diagnostics } = await repository.layer('defaults.yaml');
  return sortDiagnostics([...loaded.diagnostics, ...diagnostics]);
}

const candidate = (
  from: From,
  role: Role,
  { cluster, source }: Extract<LoadedCluster, { readonly source: YamlSource }>,
  { resources, blobs }: RenderedHost,
  warnings: readonly Diagnostic[],
): Candidate => ({
  from,
  role,
  cluster,
  resources,
  allowMassRemoval: cluster.rollout.allowMassRemoval,
  blobs,
  moment: { file: source.file, ...source.place(['rollout', 'at'], 'value') },
  terms: {
    vip: { file: source.file, ...source.place(['vip'], 'value') },
    routerId: { file: source.file, ...source.place(['vrrp', 'routerId'], 'value') },
  },
  warnings,
});
