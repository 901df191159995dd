/**
 * How long each thing that holds a commit back has held it, in monotonic milliseconds: added up, so that a peer that
 * comes and goes, or says now this and now that, cannot make a wait without an end.
 */
export type Waited = {
  readonly commit: string;
  readonly atMs: number;
  /** What held it back when that was last looked at: `pi-3/silent`. */
  readonly held: readonly string[];
  readonly spentMs: Readonly<Record<string, number>>;
};

/** Counts what has gone by since the last look. Another commit waits anew. */
export function spentUntil(before: Waited | null, commit: string, nowMs: number): Waited {
  if (before === null || before.commit !== commit) return { commit, atMs: nowMs, held: [], spentMs: {} };
  const passedMs = Math.max(0, nowMs - before.atMs);
  const spentMs = { ...before.spentMs };
  for (const key of before.held) spentMs[key] = (spentMs[key] ?? 0) + passedMs;
  return { ...before, atMs: nowMs, spentMs };
}
