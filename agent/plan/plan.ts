import type { Json, Reader } from '../host/host.ts';
import type { Candidate } from '../desired/candidate.ts';
import { kindOf, same, type Envelope, type Id, type Kinds, type Resource } from '../resources/kind.ts';
import { adoption } from './adoption.ts';
import type { Change, Managed, NotNow, Plan, Step } from './change.ts';
import { ofOthers } from './hindrances.ts';
import { AT_REST, observe, type Observed } from './observe.ts';
import { order } from './order.ts';
import { refreshedUnits, runningAfter } from './refreshed-units.ts';
import { targets } from './targets.ts';

/** What is known before planning: what is managed, and what the last committed generation asked for. */
export type Known = {
  readonly inventory: ReadonlyMap<Id, Managed>;
  readonly committed: Candidate | null;
};

/** What must stay as it is this time, and why. */
export type Leaving = {
  /** And what requires it waits. */
  readonly held?: ReadonlyMap<Id, string>;
  /** What was tried and cannot be brought to its state: as if it could not be looked at. */
  readonly stuck?: ReadonlyMap<Id, string>;
  /** What requires it goes on with what is there. */
  readonly alone?: ReadonlyMap<Id, string>;
};
const NONE: ReadonlyMap<Id, string> = new Map();

/**
 * What must change for this host to be what `candidate` says. Reads, and cannot write. Two calls without a change of
 * the host in between give the same plan.
 */
export async function plan(
  candidate: Candidate,
  known: Known,
  kinds: Kinds,
  reader: Reader,
  { held = NONE, stuck = NONE, alone = NONE }: Leaving = {},
): Promise<Plan> {
  const named = new Set(candidate.resources.map((resource) => resource.id));
  const gone = [...known.inventory.values()].filter(({ id }) => !named.has(id));
  const left = gone.filter(({ id }) => kindOf(id, kinds).leaving === 'restore');
  const covered = candidate.resources.map((resource) => covering(resource, known, kinds));
  const envelopes: readonly Envelope[] = [...covered, ...left];
  const seen = await observe(new Map(envelopes.map(({ id, scope }) => [id, scope])), kinds, reader);
  const observed = { ...seen, unknown: new Map([...seen.unknown, ...stuck, ...held]) };
  // What is held is so for a reason of its own, whoever owns it.
  const cannot = new Map([...observed.unknown].filter(([id]) => !held.has(id)));
  const others = ofOthers(cannot, kinds);
  const wanted = await targets(covered, observed, kinds, reader, known.inventory, others);

  const all = [
    ...covered.flatMap((resource) => toChange(resource, observed, wanted.to, known, kinds)),
    ...left.flatMap((managed) => toRestore(managed, observed, kinds)),
  ].filter(({ id }) => !alone.has(id));
  const packages = all.filter(({ id, from, to }) => kindOf(id, kinds).phase(from, to) === 'package');
  const packagesFirst = packages.length > 0;
  const changes = packagesFirst ? packages : all;
  // What packages bring is what the rest is first seen with, so the rest is adopted when they are there.
  const adoptable = packagesFirst ? candidate.resources.filter(isOf(packages)) : candidate.resources;
  // An image that is at rest is read by systemd when it boots.
  const counts = (step: Step): boolean => reader.live !== null || step.do === 'enforce';
  const units = await refreshedUnits(
    changes.flatMap(({ notify }) => notify),
    reader,
  );
  return {
    of: candidate,
    observed: observed.states,
    changes,
    steps: order(changes, kinds, runningAfter(changes, units)).filter(counts),
    waiting: [...notNow(wanted.waiting), ...left.flatMap(({ id }) => stays(id, observed))],
    refused: [...notNow(wanted.refused), ...notNow(alone)],
    running: new Map([...units].map(([name, { runs }]) => [name, runs])),
    packagesFirst,
    adopts: adoption(adoptable, observed, wanted.to, known.inventory, kinds),
    forgets: gone.filter(({ id }) => kindOf(id, kinds).leaving === 'stay').map(({ id }) => id),
  };
}

/** What an earlier spec of it covered is looked at once more: what has left of it is put back. */
function covering(resource: Resource, { inventory }: Known, kinds: Kinds): Resource {
  const earlier = inventory.get(resource.id)?.scope;
  if (earlier === undefined) return resource;
  return { ...resource, scope: kindOf(resource.id, kinds).cover(resource.scope, earlier) };
}

const notNow = (why: ReadonlyMap<Id, string>): readonly NotNow[] =>
  [...why].map(([id, w]) => ({ id, why: w }));

const isOf =
  (changes: readonly Change[]) =>
  ({ id }: Resource): boolean =>
    changes.some((change) => change.id === id);

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
  const { id, scope, notify, requires } = resource;
  // What is there now may be the secret that the resource was until this commit.
  const secret = resource.secret || known.inventory.get(id)?.secret === true;
  const why = askedBefore(resource, known) ? 'drift' : 'commit';
  return [{ id, scope, secret, notify, requires, from, to: target, why }];
}

/** It was brought to this very spec before, so whatever differs now came from elsewhere. */
function askedBefore(resource: Resource, known: Known): boolean {
  const before = known.committed?.resources.find((other) => other.id === resource.id);
  return before !== undefined && known.inventory.has(resource.id) && same(before.spec, resource.spec);
}

function toRestore(managed: Managed, observed: Observed, kinds: Kinds): readonly Change[] {
  const from = observed.states.get(managed.id);
  if (from === undefined || observed.unknown.has(managed.id)) return [];
  if (kindOf(managed.id, kinds).settled(managed.first, from)) return [];
  const { first, ...envelope } = managed;
  return [{ ...envelope, from, to: first, why: 'left' }];
}

/** Something that has left and cannot be looked at (or must not be touched) is no reason to hold up a commit. */
function stays(id: Id, observed: Observed): readonly NotNow[] {
  const why = observed.unknown.get(id) ?? (observed.states.has(id) ? null : AT_REST);
  return why === null ? [] : [{ id, why: `it is no longer desired, and cannot be put back yet: ${why}` }];
}
