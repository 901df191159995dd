import type { Clock } from '../host/host.ts';
import type { Plan } from '../plan/change.ts';
import { formatFrom } from '../plan/format-plan.ts';
import type { Commit, Held } from '../report/status.ts';
import { utcSeconds } from '../report/times.ts';
import { readStatus, type StatusPlaces } from '../report/status-file.ts';

export type Holding = {
  readonly plan: Pick<Plan, 'of'>;
  readonly head: Commit | null;
  /** A clause. */
  readonly why: string;
  /** Who it waits for, or who stands in its way. */
  readonly by: string | null;
  readonly againMs: number;
};

export async function heldByLockstep(
  { plan, head, why, by, againMs }: Holding,
  tools: StatusPlaces & { readonly clock: Pick<Clock, 'now'> },
): Promise<Held> {
  const of = formatFrom(plan.of.from);
  const nowMs = tools.clock.now();
  const before = (await readStatus(tools).catch(() => null))?.held ?? null;
  const isSame = before?.by === 'lockstep' && before.of === of;
  return {
    of,
    commit: head,
    by: 'lockstep',
    why,
    sinceMs: isSame ? before.sinceMs : nowMs,
    ...(by === null ? {} : { for: by }),
    // What is over is not asked for again.
    ...(againMs > nowMs ? { againMs } : {}),
  };
}

/** A clause. `now`: how far the others are. */
export const waitsUntil = (atMs: number, changed: readonly string[], now: string): string =>
  `waits until ${utcSeconds(atMs)}, when ${changed.join(', ')} ${changed.length === 1 ? 'changes' : 'change'} on all hosts at once; now ${now}`;
