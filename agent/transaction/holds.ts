import type { Before } from '../health/health.ts';
import { waitForWellVip } from '../health/well-vip.ts';
import type { Clock, StateDirectory } from '../host/host.ts';
import { isInForce, type Plan } from '../plan/change.ts';
import { formatFrom } from '../plan/format-plan.ts';
import type { Commit, Held } from '../report/status.ts';
import { readStatus } from '../report/status-file.ts';
import type { Found } from '../source/source.ts';
import type { Ledger } from './ledger.ts';

/** After `holdfast release` nothing is wanted of this host, whatever is committed; `null`: it is managed. */
export const releasedBy = ({ pinned }: Pick<Ledger, 'pinned'>): string | null => pinned?.released ?? null;

/** After `holdfast rollback` the same commit is not gone forward to again; a newer one is. */
export function pinnedTo(head: Commit | null, { pinned }: Ledger): Held | null {
  if (pinned === null || head === null || head.sha !== pinned.head) return null;
  return {
    of: formatFrom({ commit: head.sha, author: head.author, subject: head.subject }),
    commit: head,
    by: 'rollback',
    why: `waits, because "holdfast rollback" brought generation ${pinned.restored} back: the next commit goes through`,
    sinceMs: pinned.atMs,
  };
}

type Reading = {
  readonly clock: Clock;
  readonly state: StateDirectory;
  readonly runtime: StateDirectory;
};

/** A new commit that would begin while the virtual IP is unwell; `null`: it may begin. */
export async function unwellVip(
  plan: Plan,
  health: Before | null,
  found: Found,
  { everWell, inventory }: Ledger,
  tools: Reading,
): Promise<Held | null> {
  if (health === null || found.again !== undefined || isInForce(plan.of)) return null;
  const of = formatFrom(plan.of.from);
  const before = (await readStatus(tools).catch(() => null))?.held ?? null;
  const waited = waitForWellVip({
    // Where nothing is managed nothing can be made worse: after a release of all hosts, one of them has to begin.
    everWell: everWell && inventory.size > 0,
    baseline: health.gate.baseline,
    vip: health.facts.cluster.vip,
    waitingSinceMs: before?.by === 'unwell VIP' && before.of === of ? before.sinceMs : null,
    nowMs: tools.clock.now(),
  });
  if ('go' in waited) return null;
  return { of, commit: found.head, by: 'unwell VIP', why: waited.hold, sinceMs: waited.sinceMs };
}
