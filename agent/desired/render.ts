import * as z from 'zod';
import { id, parts, type Id, type Kinds, type Resource } from '../resources/kind.ts';
import type { Cluster } from './cluster.ts';
import type { Diagnostic } from './diagnostics.ts';
import { didYouMean } from './did-you-mean.ts';
import { hushed } from './hush.ts';
import { mergeLayers, type LayerOf, type Merged, type Written } from './layers.ts';
import type { Repository } from './load.ts';
import type { Password } from './password.ts';
import { rendering, type Draft, type Rendering } from './rendering.ts';
import { checkRequires } from './requires.ts';
import { resourcesOfFiles } from './resources-of-files.ts';
import { resourcesOfPackages } from './resources-of-packages.ts';
import { resourcesOfSysctls } from './resources-of-sysctls.ts';
import { resourcesOfUfw } from './resources-of-ufw.ts';
import { resourcesOfUnits } from './resources-of-units.ts';
import { resourcesOfYaml } from './resources-of-yaml.ts';
import { layersOf, type Role } from './role.ts';
import { templateContext } from './template-context.ts';
import type { Secrets } from './secrets.ts';
import type { Templates } from './templates.ts';

export type RenderedHost = {
  /** Sorted by id. Complete only when no diagnostic is an error. */
  readonly resources: readonly Resource[];
  readonly blobs: ReadonlyMap<string, Uint8Array>;
  readonly diagnostics: readonly Diagnostic[];
  /** Where each file is written. */
  readonly files: Merged['files'];
  /** Where ufw's rules are written: all of them, and each. */
  readonly rules: { readonly at: Written; readonly each: ReadonlyMap<string, Written> } | null;
  /** Names of the secrets that this host reads. */
  readonly secrets: readonly string[];
};

export type ToRender = {
  readonly repository: Repository;
  readonly cluster: Cluster;
  readonly password: Password | null;
  readonly secrets: Secrets;
  readonly role: Role;
  readonly templates: Templates;
  readonly kinds: Kinds;
  /** This file alone, for somebody who asks what another host has there. */
  readonly only?: string;
};

/** One host's desired state: layers merged, templates rendered, each resource as its kind will take it. */
export async function renderHost(asked: ToRender): Promise<RenderedHost> {
  const { repository, cluster, password, secrets, role, templates, kinds, only } = asked;
  const loaded = await Promise.all(layersOf(role, cluster).map((file) => repository.layer(file)));
  const broken = loaded.flatMap(({ diagnostics }) => diagnostics);
  const layers = loaded.flatMap(({ layer }): readonly LayerOf[] => (layer ? [layer] : []));
  const all = mergeLayers(layers);
  const merged = only === undefined ? all : onlyFile(only, all);
  const used = new Set<string>();
  const onUse = (secret: string): void => void used.add(secret);
  const context = templateContext(cluster, role, { password, secrets, onUse });
  const secretFile = password?.file ?? null;
  const confided = [...secrets.known, ...(password?.secret === null ? [password.text()] : [])];
  const { tree } = repository;
  const host = rendering({ tree, templates, context, secretFile, confided, secrets, onUse });
  sayIdle(merged, host);
  const drafts = await draftsOf(merged, host);
  checkParents(drafts, host);
  checkOwners(drafts, host);
  // A layer that could not be read takes the entries away that others may rightly require.
  if (
    only === undefined &&
    loaded.every(({ layer, diagnostics }) => layer !== null || diagnostics.length === 0)
  )
    checkRequires(drafts, namedIn(merged), host);
  const resources = drafts
    .flatMap((draft) => judged(draft, kinds, host))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  // A template's own words (an error that it throws, a name that it makes up) may hold what it has read.
  const diagnostics = [...broken, ...host.diagnostics].map((one) => ({
    ...one,
    message: hushed(one.message, confided),
  }));
  const rules = rulesIn(drafts);
  return { resources, blobs: host.blobs, diagnostics, files: merged.files, rules, secrets: [...used] };
}

function rulesIn(drafts: readonly Draft[]): RenderedHost['rules'] {
  const draft = drafts.find(({ kind }) => kind === 'ufw-rules');
  if (draft === undefined) return null;
  const texts = Object.keys(draft.resource.origins ?? {});
  const each = texts.map((rule, index) => [rule, draft.specAt(['rules', index])] as const);
  return { at: draft.at, each: new Map(each) };
}

const onlyFile = (path: string, { files }: Merged): Merged => ({
  ...mergeLayers([]),
  files: new Map([...files].filter(([name]) => name === path)),
});

async function draftsOf(merged: Merged, host: Rendering): Promise<readonly Draft[]> {
  const files = await resourcesOfFiles(merged.files, host);
  return [
    ...files,
    ...(await resourcesOfYaml(merged.yaml, host)),
    ...(await resourcesOfSysctls(merged.sysctls, host)),
    ...(await resourcesOfUfw(merged.ufw, host)),
    ...(await resourcesOfUnits(merged.units, files, host)),
    ...resourcesOfPackages(merged.packages),
  ];
}

/** Every id that the layers speak of, whether it could be rendered or not. */
const namedIn = ({ files, yaml, sysctls, units, packages }: Merged): ReadonlySet<Id> =>
  new Set([
    ...[...files.keys()].map((name) => id('file', name)),
    ...[...yaml.keys()].map((name) => id('yaml', name)),
    ...[...sysctls.keys()].map((name) => id('sysctl', name)),
    ...[...units.keys()].map((name) => id('unit', name)),
    ...[...packages.keys()].map((name) => id('package', name)),
  ]);

/** A `null` that takes nothing out is a misspelt name, most likely, and the entry that was meant is still there. */
function sayIdle({ idle }: Merged, host: Rendering): void {
  for (const { at, name, known } of idle)
    host.say(
      at,
      `takes nothing out: no earlier layer has it.${didYouMean(name, known) || ' Remove the line.'}`,
      {
        on: 'key',
        severity: 'warning',
      },
    );
}

/** `/etc/a` cannot be a file while `/etc/a/b` is one. */
function checkParents(drafts: readonly Draft[], host: Rendering): void {
  const there = drafts.filter(({ kind, resource }) => kind === 'file' && resource.spec !== null);
  const ids = new Set(there.map(({ resource }) => resource.id));
  for (const { resource, at } of there) {
    const path = parts(resource.id)[1];
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const parent: Id = id('file', path.slice(0, end));
      if (ids.has(parent))
        host.say(
          at,
          `lies beneath ${path.slice(0, end)}, which is a file of its own. Remove one of the two.`,
          { on: 'key' },
        );
    }
  }
}

/** A file that is ours as a whole has no values that others own. */
function checkOwners(drafts: readonly Draft[], host: Rendering): void {
  const ids = new Set(drafts.map(({ resource }) => resource.id));
  for (const { resource, kind, at } of drafts) {
    const path = parts(resource.id)[1];
    if (kind === 'yaml' && ids.has(id('file', path)))
      host.say(at, `is a file of its own under files, too. Remove one of the two.`, { on: 'key' });
  }
}

/** With the scope that its kind gives it; none when the kind refuses the spec, which is then said. */
function judged({ resource, kind, specAt }: Draft, kinds: Kinds, host: Rendering): readonly Resource[] {
  const known = kinds.get(kind);
  if (known === undefined) throw new Error(`There is no kind of resource called ${kind}.`);
  try {
    return [{ ...resource, scope: known.scope(resource.spec) }];
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    for (const { path, message } of error.issues) host.say(specAt(path as (string | number)[]), message);
    return [];
  }
}
