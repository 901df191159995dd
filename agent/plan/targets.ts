import type { FileReader, Json, Reader } from '../host/host.ts';
import { parts, type Kinds, type Id, type Resource } from '../resources/kind.ts';
import { isFileOnDisk } from '../resources/state.ts';
import type { Managed } from './change.ts';
import { AT_REST, type Observed } from './observe.ts';

export type Targets = {
  readonly to: ReadonlyMap<Id, Json>;
  readonly waiting: ReadonlyMap<Id, string>;
  readonly refused: ReadonlyMap<Id, string>;
};

type Inventory = ReadonlyMap<Id, Pick<Managed, 'first'>>;

/** Where Debian keeps executables, and the agent's own PATH. */
const EXECUTABLES = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'];

/**
 * What each resource should become. What waits, or is refused, holds back everything that requires it or needs a
 * path that it would have brought, so this goes on until nothing more is held back. `others`: what waits from the start,
 * because of what others made of it.
 */
export async function targets(
  resources: readonly Resource[],
  observed: Observed,
  kinds: Kinds,
  reader: Reader,
  inventory: Inventory = new Map(),
  others: ReadonlyMap<Id, string> = new Map(),
): Promise<Targets> {
  const held = new Map(others);
  for (;;) {
    const free = resources.filter(({ id }) => !held.has(id));
    const coming = pathsOf(ask(free, observed, kinds, new Set(), inventory).to, kinds);
    const asked = ask(free, observed, kinds, coming, inventory);
    const found = await heldBack(free, asked, held, coming, reader);
    if (found.size === 0) return { ...asked, waiting: inOrder(resources, asked.waiting, held) };
    for (const [id, why] of found) held.set(id, why);
  }
}

function inOrder(
  resources: readonly Resource[],
  ...waiting: readonly ReadonlyMap<Id, string>[]
): ReadonlyMap<Id, string> {
  const all = new Map(waiting.flatMap((some) => [...some]));
  return new Map(resources.flatMap(({ id }) => (all.has(id) ? [[id, all.get(id)!]] : [])));
}

function pathsOf(to: ReadonlyMap<Id, Json>, kinds: Kinds): ReadonlySet<string> {
  return new Set(
    [...to].flatMap(([id, state]) => {
      const [kindName, name] = parts(id);
      return kinds.get(kindName)!.paths(name, state);
    }),
  );
}

function ask(
  resources: readonly Resource[],
  observed: Observed,
  kinds: Kinds,
  coming: ReadonlySet<string>,
  inventory: Inventory,
): Targets {
  const to = new Map<Id, Json>();
  const waiting = new Map<Id, string>();
  const refused = new Map<Id, string>();
  for (const { id, spec } of resources) {
    const [kindName, name] = parts(id);
    const unknown = observed.unknown.get(id);
    const state = observed.states.get(id);
    if (unknown !== undefined) refused.set(id, unknown);
    else if (state === undefined) waiting.set(id, AT_REST);
    else {
      const first = inventory.get(id)?.first;
      const planning = { name, coming, ...(first === undefined ? {} : { first }) };
      const target = kinds.get(kindName)!.target(spec, state, planning);
      if ('to' in target) to.set(id, target.to);
      else if ('waiting' in target) waiting.set(id, target.waiting);
      else {
        refused.set(id, target.refused);
        if (target.meanwhile !== undefined) to.set(id, target.meanwhile);
      }
    }
  }
  return { to, waiting, refused };
}

async function heldBack(
  resources: readonly Resource[],
  { to, waiting, refused }: Targets,
  held: ReadonlyMap<Id, string>,
  coming: ReadonlySet<string>,
  reader: Reader,
): Promise<ReadonlyMap<Id, string>> {
  const found = new Map<Id, string>();
  for (const resource of resources) {
    const state = to.get(resource.id);
    if (state === undefined) continue;
    const refusal = resource.requires.find((required) => refused.has(required) && !to.has(required));
    const wait = resource.requires.find((required) => waiting.has(required) || held.has(required));
    const why =
      (refusal !== undefined ? `waits for ${refusal}, which is refused` : null) ??
      (wait !== undefined ? `waits for ${wait}` : null) ??
      (await missing(resource, state, coming, reader));
    if (why !== null) found.set(resource.id, why);
  }
  return found;
}

/** What others bring: a path, an account, a validator. That it is not there yet is no mistake of the commit. */
async function missing(
  { waitFor, validate }: Resource,
  to: Json,
  coming: ReadonlySet<string>,
  { files, live }: Reader,
): Promise<string | null> {
  for (const path of waitFor)
    if (!coming.has(path) && (await files.stamp(path)) === null)
      return `waits for ${path}, which does not exist yet`;
  if (isFileOnDisk(to))
    for (const what of ['owner', 'group'] as const)
      // root is on every host, and owns nearly everything.
      if (to[what] !== 'root' && !(await files.knows(what, to[what])))
        return `waits for the ${what === 'owner' ? 'user' : 'group'} ${to[what]}, whom this host does not have yet`;
  if (live === null) return null;
  for (const [command] of validate)
    if (command !== undefined && !(await installed(command, files)))
      return `waits for "${command}", which checks it and is not installed`;
  return null;
}

async function installed(command: string, files: FileReader): Promise<boolean> {
  const places = command.startsWith('/') ? [command] : EXECUTABLES.map((folder) => `${folder}/${command}`);
  for (const place of places) if ((await files.stamp(place)) !== null) return true;
  return false;
}
