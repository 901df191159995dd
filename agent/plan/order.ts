import { PHASES, parts, type Kinds, type Id, type Notify } from '../resources/kind.ts';
import type { Change, Step } from './change.ts';

/**
 * Whether a unit runs now, and whether it will when the plan is done. `starting`: systemd is still trying to get it
 * to run (auto-restart): it counts as running, and cannot be reloaded.
 */
export type Running = (unit: string) => {
  readonly before: boolean;
  readonly after: boolean;
  readonly starting?: boolean;
};

export class RequiresCircle extends Error {
  override readonly name = 'RequiresCircle';
}

/**
 * Changes → steps, by phase, then by `requires`, then by name. Pure, and the same function forward, for what has
 * left, and (over fresh observations) for the way back, so that there is no second idea of order.
 * `mayRefresh` narrows refreshes on the way back to units that the way forward had refreshed.
 */
export function order(
  changes: readonly Change[],
  kinds: Kinds,
  running: Running,
  mayRefresh: (unit: string) => boolean = () => true,
): readonly Step[] {
  const notified = changes.flatMap(({ notify }) => notify);
  const reload: Step[] = notified.some((n) => n.unit === 'daemon-reload') ? [{ do: 'daemon-reload' }] : [];
  const all = refreshes(notified, running, mayRefresh);
  const kept = new Set(changes.flatMap((change) => (isDown(change) ? [] : units(change))));
  // What only leaves lets go before anything starts: the load balancer of before may have the port of the next one.
  const leaving = all.filter(({ unit }) => !kept.has(unit));
  const steps: Step[] = [];
  for (const change of sortByRequires(changes, (one) => phaseOf(one, kinds))) {
    const phase = phaseOf(change, kinds);
    if (phase > PHASES.indexOf('write')) steps.push(...reload.splice(0));
    if (phase === PHASES.indexOf('start')) steps.push(...leaving.splice(0));
    steps.push({ do: 'enforce', id: change.id, to: change.to });
  }
  return [...steps, ...reload, ...leaving, ...all.filter(({ unit }) => kept.has(unit))];
}

const isDown = ({ why }: Change): boolean => why === 'left' || why === 'undo';
const units = ({ notify }: Change): readonly string[] => notify.map(({ unit }) => unit);

const phaseOf = (change: Change, kinds: Kinds): number =>
  PHASES.indexOf(kinds.get(parts(change.id)[0])!.phase(change.from, change.to));

function sortByRequires(changes: readonly Change[], phase: (c: Change) => number): readonly Change[] {
  const byId = new Map(changes.map((change) => [change.id, change]));
  const before = predecessors(changes, byId, phase);
  const pending = [...changes].sort((a, b) => phase(a) - phase(b) || (a.id < b.id ? -1 : 1));
  const done = new Set<Id>();
  const ordered: Change[] = [];
  while (pending.length > 0) {
    const at = pending.findIndex((change) => [...before.get(change.id)!].every((id) => done.has(id)));
    if (at < 0)
      throw new RequiresCircle(
        `"requires" forms a circle among ${pending.map((change) => change.id).join(', ')}: take one of them out.`,
      );
    const [next] = pending.splice(at, 1);
    done.add(next!.id);
    ordered.push(next!);
  }
  return ordered;
}

/** What must be done before each change. On the way down (left, undo) the dependent goes first. */
function predecessors(
  changes: readonly Change[],
  byId: ReadonlyMap<Id, Change>,
  phase: (c: Change) => number,
): ReadonlyMap<Id, Set<Id>> {
  const before = new Map(changes.map((change) => [change.id, new Set<Id>()]));
  for (const change of changes)
    for (const required of change.requires) {
      const other = byId.get(required);
      if (other === undefined) continue;
      const [first, then] = isDown(change) && isDown(other) ? [change, other] : [other, change];
      // Phases come first: a unit that is stopped before its file changes does not wait for that file.
      if (phase(first) <= phase(then)) before.get(then.id)!.add(first.id);
    }
  return before;
}

/** One refresh a unit, a restart outweighing a reload; only units that run before and after, whatever asked for it. */
function refreshes(
  notified: readonly Notify[],
  running: Running,
  mayRefresh: (unit: string) => boolean,
): readonly Extract<Step, { do: 'refresh' }>[] {
  const wanted = new Map<string, 'reload' | 'restart'>();
  for (const n of notified) {
    if (!('action' in n)) continue;
    const { before, after, starting } = running(n.unit);
    // What is started by this plan reads the new files anyway; what does not run has nothing to refresh.
    if (before && after && mayRefresh(n.unit) && wanted.get(n.unit) !== 'restart')
      // systemd refuses to reload what is not up yet, and what crashes all the time needs just this new file.
      wanted.set(n.unit, starting === true ? 'restart' : n.action);
  }
  return [...wanted]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([unit, action]) => ({ do: 'refresh', unit, action }));
}
