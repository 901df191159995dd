import type { OutcomeName } from '../report/status.ts';
import { answers } from './blocking.ts';
import { notGone, type NotReady } from './leaving.ts';
import { momentProblem } from './lockstep.ts';
import { STALE_MS, type Sighting, type Sightings } from './sightings.ts';

export type LockstepAsked = {
  readonly me: string;
  readonly commit: string;
  /** What is in force on this host, and differs from the commit in what all must agree on. */
  readonly inForce: string | null;
  /** What of it is cluster-wide, in the words of cluster.yaml. */
  readonly changed: readonly string[];
  readonly atMs: number | null;
  /** The control plane: whoever has a part in VRRP before, but for `leaving`. */
  readonly nodes: readonly string[];
  /** Nodes that it takes out. */
  readonly leaving: readonly string[];
  readonly sightings: Sightings;
  /** This host's wall clock, and its monotonic one. */
  readonly wallMs: number;
  readonly nowMs: number;
  readonly unreachableMs: number;
};

export type Staged = { readonly stage: true; readonly why: string; readonly for: string | null };

/** `stage`: say that it is ready, and ask again. `apply`: when the wall clock says `atMs`, if it is still so shortly before. */
export type LockstepAnswer =
  | Staged
  | { readonly apply: true; readonly warnings: readonly string[] }
  /** The others have moved already: whoever stays behind is the one that disagrees. */
  | { readonly join: true; readonly why: string; readonly commits: readonly string[] }
  | { readonly refuse: string; readonly by: string | null };

/** From then on each looks at its own health, and who is not ready by now keeps all from moving. */
export const LAST_LOOK_MS = 20_000;
/** Two hosts that are farther apart than this would be two MASTERs for longer than a client's retry. */
export const MOST_SKEW_MS = 500;

/**
 * Pure. All reachable hosts are ready, or none moves. A host that has been silent for longer than `unreachableMs` is
 * not waited for: it finds out when it is back, before it starts keepalived.
 */
export function lockstep(asked: LockstepAsked): LockstepAnswer {
  const { changed, atMs, wallMs, sightings, nodes, leaving, me } = asked;
  const peers = nodes.filter((name) => name !== me);
  const moved = peers.filter((name) => hasMoved(sightings.get(name), asked));
  if (moved.length * 2 > nodes.length)
    return {
      join: true,
      why: `${moved.join(' and ')} have changed it already, which is more than half`,
      commits: moved.flatMap((name) => sightings.get(name)?.status?.commit ?? []),
    };
  const problem = momentProblem(changed, atMs, wallMs);
  if (problem !== null || atMs === null) return { refuse: problem ?? '', by: null };
  const seen = [
    ...peers.map((name) => ({ name, not: unready(sightings.get(name), atMs, asked) })),
    ...leaving.map((name) => ({ name, not: notGone(sightings.get(name), asked) })),
  ];
  const missing = seen.flatMap(({ name, not }) => (not === null || not.isSkipped ? [] : [{ name, ...not }]));
  // Said at once, and by not being ready: the other host may not be able to see it.
  const skewed = missing.find(({ isSkewed }) => isSkewed);
  const first = skewed ?? missing[0];
  if (atMs - wallMs > LAST_LOOK_MS && skewed === undefined) {
    const why = first === undefined ? `all ${nodes.length} are ready` : `${first.name} ${first.why}`;
    return { stage: true, why, for: first?.name ?? null };
  }
  if (first !== undefined) {
    const again = skewed === undefined ? ': commit a later rollout.at to try it again' : ' until they agree';
    return { refuse: `${first.name} ${first.why}, so no host moves${again}`, by: first.name };
  }
  const ready =
    seen.filter(({ name, not }) => not === null && nodes.includes(name)).length +
    (nodes.includes(me) ? 1 : 0);
  if (ready * 2 <= nodes.length)
    return {
      refuse: `only ${ready} of ${nodes.length} control plane nodes are known to be ready, and it takes more than half, so no host moves: bring the others back, or take them out of cluster.yaml`,
      by: seen.find(({ not }) => not !== null)?.name ?? null,
    };
  const warnings = seen.flatMap(({ name, not }) =>
    not === null ? [] : [`It goes on without ${name}, which ${not.why}.`],
  );
  return { apply: true, warnings };
}

/** How a cycle ends in which the newest commit was found to be one that a host could follow. */
const LOOKED: ReadonlySet<OutcomeName> = new Set(['in desired state', 'changed', 'degraded', 'held']);

/** So long after its moment everybody says what became of a commit. */
const TOLD_MS = 30_000;

/**
 * It has the commit in force; or another one, follows this one and finds nothing wrong with it, although its moment is
 * over: then what all must agree on is the same in both, and only this host is behind.
 */
function hasMoved(sighting: Sighting | undefined, { commit, inForce, atMs, wallMs }: LockstepAsked): boolean {
  if (sighting === undefined || sighting.status === null) return false;
  const { status, silent } = sighting;
  if (status.commit === commit) return true;
  if (silent !== null || (atMs !== null && wallMs < atMs + TOLD_MS)) return false;
  // One that is paused, or came to no end, has not looked.
  const hasLooked = !status.paused && LOOKED.has(status.outcome);
  const isSatisfied = status.head === commit && hasLooked && status.staged === null;
  return isSatisfied && status.phase === 'idle' && status.commit !== null && status.commit !== inForce;
}

function unready(sighting: Sighting | undefined, atMs: number, asked: LockstepAsked): NotReady | null {
  const { commit, nowMs, unreachableMs } = asked;
  if (sighting === undefined || sighting.silent !== null || !answers(sighting, nowMs)) {
    const silentMs = sighting?.silent ? nowMs - sighting.silent.sinceMs : 0;
    const why = `does not answer (${sighting?.silent?.why ?? 'it has not been asked yet'})`;
    return { why, isSkipped: silentMs >= unreachableMs };
  }
  const { staged, phase, changing } = sighting.status;
  // It has it already: a commit that brings back what it never left.
  if (sighting.status.commit === commit && phase === 'idle') return null;
  const is = (why: string): NotReady => ({ why, isSkipped: false });
  const skewMs = skewOf(sighting, asked);
  if (skewMs > MOST_SKEW_MS)
    return {
      ...is(
        `has a clock that differs by about ${Math.max(1, Math.round(skewMs / 1000))} s (see "timedatectl" on both)`,
      ),
      isSkewed: true,
    };
  if (staged?.commit !== commit || staged.atMs !== atMs) return is('is not ready for it');
  return phase === 'idle' || changing === commit ? null : is('is changing something else');
}

/**
 * At least so far apart are the two clocks: the answer was written some time between question and arrival, or shortly
 * before the question. Which of two clocks is late only the one that is early can tell then.
 */
export function skewOf(
  { status, askedMs, answeredMs }: Sighting & { readonly status: { readonly nowMs: number } },
  { wallMs, nowMs }: Pick<LockstepAsked, 'wallMs' | 'nowMs'>,
): number {
  const wallAt = (monotonicMs: number): number => wallMs - (nowMs - monotonicMs);
  const late = wallAt(askedMs) - STALE_MS - status.nowMs;
  const early = status.nowMs - wallAt(answeredMs);
  return Math.max(0, late, early);
}
