import type { PeerStatus } from './peer-status.ts';
import type { Sighting } from './sightings.ts';

/** Why a peer keeps this host from applying a commit. `why` goes on after "waits for pi-3, which". */
export type Blocking = {
  readonly kind: Kind;
  readonly why: string;
  readonly limitMs: number;
  /** When the limit is over: `skip` what says nothing against the commit, `stop` at what may. */
  readonly afterwards: 'skip' | 'stop';
};
export type Kind =
  | 'silent'
  | 'gone'
  | 'unheard'
  | 'changing'
  | 'unaccounted'
  | 'stuck'
  | 'unsettled'
  | 'degraded'
  | 'paused'
  | 'elsewhere'
  | 'turn'
  | 'api server';

export type BlockingAsked = {
  readonly me: string;
  readonly commit: string;
  readonly nowMs: number;
  /** Since when this host says that it is about to apply the commit; `null`: it does not. */
  readonly announcedMs: number | null;
  /** Whether the repository was reached in this cycle, so that no newer commit than this one is known to be there. */
  readonly fetched: boolean;
  /** How much older than its question an answer may be. */
  readonly staleMs: number;
  readonly settleMs: number;
  readonly unreachableMs: number;
};

/** What is known of one peer: at first hand, and from those that can still reach it. */
export type Known = {
  readonly sighting: Sighting | undefined;
  /** It goes before this host. */
  readonly isBefore: boolean;
  /** Another peer has seen it applying this commit, more recently than this host has seen it. */
  readonly isSaidToChange: boolean;
};

/** Packages alone may take apt a quarter of an hour, and the way back as long. */
export const LONGEST_CHANGE_MS = 45 * 60_000;
/** So long a host waits to be seen before it makes way, and tries again later. */
export const longestAnnouncementMs = (staleMs: number): number => 60_000 + 12 * staleMs;
/** A question that gets lost is asked again before anybody is called silent. */
export const GRACE_MS = 30_000;

/** `null`: nothing about this peer speaks against going on. */
export function blockingOf(known: Known, asked: BlockingAsked): Blocking | null {
  const { sighting, isSaidToChange } = known;
  const limit = (kind: Kind, afterwards: Blocking['afterwards'], why: string): Blocking => ({
    kind,
    why,
    limitMs: asked.unreachableMs,
    afterwards,
  });
  if (!answers(sighting, asked.nowMs)) {
    const isGone = isSaidToChange || sighting?.changing === asked.commit;
    const said = sighting?.silent?.why ?? 'it has not been asked yet';
    return isGone
      ? limit('gone', 'stop', `was about to apply this commit, or applying it, when it went silent (${said})`)
      : // A cluster whose hosts have not met yet must be able to take the commit that opens the way.
        {
          ...limit('silent', 'skip', `does not answer (${said})`),
          ...(sighting?.met === true ? {} : { limitMs: GRACE_MS }),
        };
  }
  const { status, changing } = sighting;
  if (status.phase === 'stuck')
    // Of two stuck hosts the one whose turn it is goes on: the commit may be what mends both.
    return known.isBefore
      ? limit('stuck', 'stop', 'is stuck on its way back from an earlier change ("holdfast why" there)')
      : null;
  if (status.phase !== 'idle' || status.changing !== null || isSaidToChange)
    return { ...limit('changing', 'stop', doing(status)), limitMs: LONGEST_CHANGE_MS };
  if (changing === asked.commit)
    return limit('unaccounted', 'stop', 'was applying this commit, and does not say what became of it');
  const { announcedMs } = asked;
  if (announcedMs !== null && !isSince(announcedMs, sighting, asked.staleMs))
    return {
      ...limit('unheard', 'stop', 'has not answered since this host said that it is about to apply it'),
      limitMs: longestAnnouncementMs(asked.staleMs),
    };
  return known.isBefore ? behind(status, asked, limit) : null;
}

/** It is at rest, and its turn comes before this host's. */
function behind(
  { commit, head, settledMs, outcome, paused, waiting }: PeerStatus,
  { me, commit: wanted, fetched, settleMs }: BlockingAsked,
  limit: (kind: Kind, afterwards: Blocking['afterwards'], why: string) => Blocking,
): Blocking | null {
  if (commit === wanted) {
    if (settledMs !== null && settledMs >= settleMs) return null;
    // It was unwell before, and this host may be the one that has to change for it to become well.
    if (outcome === 'degraded')
      return {
        ...limit('degraded', 'skip', 'has this commit and is not well, as before'),
        limitMs: settleMs,
      };
    return limit('unsettled', 'skip', 'has this commit and has not been well with it for long enough');
  }
  if (paused) return limit('paused', 'skip', 'is paused');
  if (head !== null && head !== wanted)
    return fetched
      ? limit('elsewhere', 'skip', 'has not fetched this commit yet')
      : limit('elsewhere', 'stop', 'follows another commit, and this host cannot reach the repository');
  // Each waits for the other: the order looked different to it.
  if (waiting?.for === me) return null;
  return limit(
    'turn',
    'stop',
    `has its turn before this host, and has not applied this commit${because(waiting)}`,
  );
}

function because(waiting: PeerStatus['waiting']): string {
  if (waiting === null) return ' yet';
  return waiting.why.startsWith('waits ') ? `: it ${waiting.why}` : `: ${waiting.why}`;
}

function doing({ phase, changing }: PeerStatus): string {
  // It may have only announced itself.
  if (phase === 'idle') return 'is about to apply a commit';
  const what = changing === null ? 'a change' : `commit ${changing.slice(0, 12)}`;
  return phase === 'rolling back' ? `is taking ${what} back` : `is ${phase} ${what}`;
}

/** A last answer counts for a while. */
export const answers = (
  sighting: Sighting | undefined,
  nowMs: number,
): sighting is Sighting & { readonly status: PeerStatus } =>
  sighting !== undefined &&
  sighting.status !== null &&
  (sighting.silent === null || nowMs - sighting.silent.sinceMs < GRACE_MS);

/** Whether what it said last was true then or later. */
export const isSince = (thenMs: number, { askedMs }: Sighting, staleMs: number): boolean =>
  askedMs - staleMs >= thenMs;
