import type { Json, Reader } from '../host/host.ts';
import type { Candidate } from '../desired/candidate.ts';
import { kindOf, same, type Kinds, type Envelope, type Id, type Resource } from '../resources/kind.ts';
import type { Change, Managed, NotNow, Plan } from './change.ts';
import { observe, type Observed } from './observe.ts';
import { adoption } from './adoption.ts';
import { order } from './order.ts';
import { targets } from './targets.ts';

/** What is known before planning: what is managed, and what the last committed generation asked for. */
export type Known = {
  readonly inventory: ReadonlyMap<Id, Managed>;
  readonly committed: Candidate | null;
};

/**
 * What must change for this host to be what `candidate` says. Reads, and cannot write. Two calls without a change of
 * the host in between give the same plan. `held`: resources that must stay as they are this time, and why.
 */
export async function plan(
  candidate: Candidate,
  known: Known,
  kinds: Kinds,
  reader: Reader,
  held: ReadonlyMap<Id, string> = new Map(),
): Promise<Plan> {
  const named = new Set(candidate.resources.map((resource) => resource.id));
  const gone = [...known.inventory.values()].filter(({ id }) => !named.has(id));
  const left = gone.filter(({ id }) => kindOf(id, kinds).leaving === 'restore');
  const envelopes: readonly Envelope[] = [...candidate.resources, ...left];
  const observed = await observe(new Map(envelopes.map(({ id, scope }) => [id, scope])), kinds, reader);
  const wanted = await targets(
    candidate.resources,
    { ...observed, unknown: new Map([...observed.unknown, ...held]) },
    kinds,
    reader,
  );

  const all = [
    ...candidate.resources.flatMap((resource) => toChange(resource, observed, wanted.to, known, kinds)),
    ...left.flatMap((managed) => toRestore(managed, observed, kinds)),
  ];
  const packages = all.filter(
    (change) => kindOf(change.id, kinds).phase(change.from, change.to) === 'package',
  );
  const changes = packages.length > 0 ? packages : all;
  const running = await refreshedUnits(changes, kinds, reader);
  return {
    of: candidate,
    observed: observed.states,
    changes,
    steps: order(changes, kinds, after(changes, running)),
    waiting: notNow(wanted.waiting),
    refused: [...notNow(wanted.refused), ...left.flatMap(({ id }) => notNow(pick(observed.unknown, id)))],
    running,
    packagesFirst: packages.length > 0,
    adopts: adoption(candidate.resources, observed, wanted.to, known.inventory, kinds),
    forgets: gone.filter(({ id }) => kindOf(id, kinds).leaving === 'stay').map(({ id }) => id),
  };
}

const notNow = (why: ReadonlyMap<Id, string>): readonly NotNow[] =>
  [...why].map(([id, w]) => ({ id, why: w }));
const pick = (from: ReadonlyMap<Id, string>, id: Id): ReadonlyMap<Id, string> =>
  new Map([...from].filter(([key]) => key === id));

function toChange(
  resource: Resource,
  observed: Observed,
  to: ReadonlyMap<Id, Json>,
  known: Known,
  kinds: Kinds,
): readonly Change[] {
  const target = to.get(resource.id);
  const from = observed.states.get(resource.id);
  if (target === undefined || from === undefined) return [];
  if (kindOf(resource.id, kinds).settled(target, from)) return [];
  const { id, scope, secret, notify, requires } = resource;
  return [
    {
      id,
      scope,
      secret,
      notify,
      requires,
      from,
      to: target,
      why: askedBefore(resource, known) ? 'drift' : 'commit',
    },
  ];
}

/** It was brought to this very spec before, so whatever differs now came from elsewhere. */
function askedBefore(resource: Resource, known: Known): boolean {
  const before = known.committed?.resources.find((other) => other.id === resource.id);
  return before !== undefined && known.inventory.has(resource.id) && same(before.spec, resource.spec);
}

function toRestore(managed: Managed, observed: Observed, kinds: Kinds): readonly Change[] {
  const from = observed.states.get(managed.id);
  if (from === undefined || kindOf(managed.id, kinds).settled(managed.first, from)) return [];
  const { first, ...envelope } = managed;
  return [{ ...envelope, from, to: first, why: 'left' }];
}

/** Units that a change notifies, managed or not, and whether they run now. */
async function refreshedUnits(
  changes: readonly Change[],
  kinds: Kinds,
  reader: Reader,
): Promise<ReadonlyMap<string, boolean>> {
  const names = new Set(
    changes.flatMap(({ notify }) => notify.flatMap((n) => ('action' in n ? [n.unit] : []))),
  );
  const unit = kinds.get('unit');
  if (names.size === 0 || unit === undefined || reader.live === null) return new Map();
  const states = await unit.observe(new Map([...names].map((name) => [name, ['running']])), reader);
  return new Map([...states].map(([name, state]) => [name, runs(state)] as const));
}

const runs = (state: Json | undefined): boolean =>
  typeof state === 'object' && state !== null && 'running' in state && state['running'] === true;

/** A unit's `after` is what the plan makes of it, or what it is. */
function after(changes: readonly Change[], running: ReadonlyMap<string, boolean>) {
  const planned = new Map(changes.map((change) => [change.id, change.to]));
  return (unit: string) => {
    const before = running.get(unit) ?? false;
    const to = planned.get(`unit[${unit}]`);
    const says = typeof to === 'object' && to !== null && 'running' in to ? to['running'] : null;
    return { before, after: typeof says === 'boolean' ? says : before };
  };
}
