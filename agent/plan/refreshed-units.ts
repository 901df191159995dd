import type { Json, LiveReader, Reader } from '../host/host.ts';
import type { Notify } from '../resources/kind.ts';
import { isRunning, showUnits } from '../resources/show-units.ts';
import type { Change } from './change.ts';
import type { Running } from './order.ts';

/** Units that something notifies, managed or not, and how they are now. */
export type RefreshedUnits = ReadonlyMap<string, { readonly runs: boolean; readonly starting: boolean }>;

export async function refreshedUnits(notified: readonly Notify[], { live }: Reader): Promise<RefreshedUnits> {
  const names = new Set(notified.flatMap((n) => ('action' in n ? [n.unit] : [])));
  return names.size === 0 || live === null ? new Map() : ask([...names], live);
}

async function ask(names: readonly string[], live: LiveReader): Promise<RefreshedUnits> {
  const shown = await showUnits(names, ['LoadState', 'ActiveState'], live);
  return new Map(
    [...shown].map(([name, { LoadState, ActiveState }]) => {
      // A masked unit may still run from before: it is left alone.
      const runs = LoadState !== 'masked' && isRunning(ActiveState);
      return [name, { runs, starting: runs && ActiveState === 'activating' }] as const;
    }),
  );
}

/** Afterwards a unit is what the plan makes of it, or what it is. */
export function runningAfter(changes: readonly Change[], units: RefreshedUnits): Running {
  const planned = new Map<string, Json>(changes.map((change) => [change.id, change.to]));
  return (unit) => {
    const { runs: before, starting } = units.get(unit) ?? { runs: false, starting: false };
    const to = planned.get(`unit[${unit}]`);
    // `null`: it goes away with its file.
    if (to === null) return { before, starting, after: false };
    const says = typeof to === 'object' && 'running' in to ? to['running'] : null;
    return { before, starting, after: typeof says === 'boolean' ? says : before };
  };
}
