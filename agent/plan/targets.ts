import type { FileReader, Json, Reader } from '../host/host.ts';
import { parts, type Kinds, type Id, type Resource } from '../resources/kind.ts';
import { AT_REST, type Observed } from './observe.ts';

export type Targets = {
  readonly to: ReadonlyMap<Id, Json>;
  readonly waiting: ReadonlyMap<Id, string>;
  readonly refused: ReadonlyMap<Id, string>;
};

/** Where Debian keeps executables, and the agent's own PATH. */
const EXECUTABLES = ['/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/local/sbin', '/usr/local/bin'];

/** What each resource should become. What waits, or is refused, holds back everything that requires it. */
export async function targets(
  resources: readonly Resource[],
  observed: Observed,
  kinds: Kinds,
  reader: Reader,
): Promise<Targets> {
  const first = ask(resources, observed, kinds, new Set());
  const coming = new Set<string>();
  for (const [of, to] of first.to) {
    const [kindName, name] = parts(of);
    for (const path of kinds.get(kindName)!.paths(name, to)) coming.add(path);
  }
  const asked = ask(resources, observed, kinds, coming);
  for (const resource of resources) {
    const why = await missing(resource, coming, reader);
    if (why !== null && asked.to.delete(resource.id)) asked.waiting.set(resource.id, why);
  }
  holdBackDependents(resources, asked);
  return asked;
}

type Asked = { to: Map<Id, Json>; waiting: Map<Id, string>; refused: Map<Id, string> };

function ask(
  resources: readonly Resource[],
  observed: Observed,
  kinds: Kinds,
  coming: ReadonlySet<string>,
): Asked {
  const asked: Asked = { to: new Map(), waiting: new Map(), refused: new Map() };
  for (const { id, spec } of resources) {
    const [kindName, name] = parts(id);
    const unknown = observed.unknown.get(id);
    const state = observed.states.get(id);
    if (unknown !== undefined) asked.refused.set(id, unknown);
    else if (state === undefined) asked.waiting.set(id, AT_REST);
    else {
      const target = kinds.get(kindName)!.target(spec, state, { name, coming });
      if ('to' in target) asked.to.set(id, target.to);
      else if ('waiting' in target) asked.waiting.set(id, target.waiting);
      else asked.refused.set(id, target.refused);
    }
  }
  return asked;
}

/** A path that somebody else makes, or a validator that is not installed: neither is a mistake of the commit. */
async function missing(
  resource: Resource,
  coming: ReadonlySet<string>,
  reader: Reader,
): Promise<string | null> {
  for (const path of resource.waitFor)
    if (!coming.has(path) && (await reader.files.stamp(path)) === null)
      return `waits for ${path}, which does not exist yet`;
  if (reader.live === null) return null;
  for (const [command] of resource.validate)
    if (command !== undefined && !(await installed(command, reader.files)))
      return `waits for "${command}", which checks it and is not installed`;
  return null;
}

async function installed(command: string, files: FileReader): Promise<boolean> {
  const places = command.startsWith('/') ? [command] : EXECUTABLES.map((folder) => `${folder}/${command}`);
  for (const place of places) if ((await files.stamp(place)) !== null) return true;
  return false;
}

function holdBackDependents(resources: readonly Resource[], asked: Asked): void {
  for (let again = true; again;) {
    again = false;
    for (const { id, requires } of resources) {
      const held = requires.find((required) => asked.waiting.has(required) || asked.refused.has(required));
      if (held === undefined || !asked.to.delete(id)) continue;
      asked.waiting.set(
        id,
        `requires ${held}, which ${asked.waiting.has(held) ? 'waits itself' : 'is refused'}`,
      );
      again = true;
    }
  }
}
