import type { Baseline } from './baseline.ts';
import type { CheckId } from './check.ts';

/** `sinceMs`: since when (wall clock) the commit has been waiting, to be given again in the next cycle. */
export type WellVip = { readonly go: true } | { readonly hold: string; readonly sinceMs: number };

/** Whether a check is one of the virtual IP itself, as clients see it. */
export const isVipCheck =
  (vip: string) =>
  (id: CheckId): boolean =>
    id.startsWith(`https[${vip}:`);

export const WAIT_LIMIT_MS = 600_000;

/**
 * A new commit waits for a well VIP, for a change that begins while it is unwell cannot be judged by it. Only where
 * the cluster has ever been well, and not for ever: the commit may be what mends it.
 */
export function waitForWellVip(
  asked: {
    readonly everWell: boolean;
    readonly baseline: Pick<Baseline, 'failed'>;
    readonly vip: string;
    readonly waitingSinceMs: number | null;
    readonly nowMs: number;
  },
  limitMs: number = WAIT_LIMIT_MS,
): WellVip {
  const { everWell, baseline, vip, waitingSinceMs, nowMs } = asked;
  const isVip = isVipCheck(vip);
  const unwell = baseline.failed.find(({ id }) => isVip(id));
  if (!everWell || unwell === undefined) return { go: true };
  // The wall clock may have been set back meanwhile: then waiting begins anew.
  const sinceMs = waitingSinceMs !== null && waitingSinceMs <= nowMs ? waitingSinceMs : nowMs;
  if (nowMs - sinceMs >= limitMs) return { go: true };
  const untilMs = sinceMs + limitMs;
  const until = new Date(untilMs).toISOString().slice(11, 19);
  return {
    hold: `it waits for the virtual IP to be well before it changes anything, at most until ${until} UTC: ${unwell.id}: ${unwell.seen}`,
    sinceMs,
  };
}
