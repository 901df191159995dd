import type { PeerSeen, PeerStatus } from './peer-status.ts';
import type { PeerAnswers } from './peers.ts';

/** One exchange with all peers, in monotonic milliseconds of this host: what came is as new as the question. */
export type Look = { readonly askedMs: number; readonly answeredMs: number; readonly answers: PeerAnswers };

/**
 * What this host remembers of a peer. It outlives the agent, and in its durable part also a reboot: a host that has
 * forgotten who was applying a commit when it went silent would let the next one try it.
 */
export type Sighting = {
  /** Its last answer, with when it was asked for and when it had come; `null`: none since this host booted. */
  readonly status: PeerStatus | null;
  readonly askedMs: number;
  readonly answeredMs: number;
  /** Since when it has not answered, and what it says instead; `null`: it answered in the last exchange. */
  readonly silent: { readonly sinceMs: number; readonly why: string } | null;
  /** Durable: each of the two has seen the other at least once. */
  readonly met: boolean;
  /** Durable: the commit that it was about to apply, or applying, and has not accounted for since. */
  readonly changing: string | null;
  /** Durable: what it took back last. */
  readonly tookBack: { readonly commit: string; readonly why: string } | null;
};
/** By hostname: the peers that were asked in the last exchange. */
export type Sightings = ReadonlyMap<string, Sighting>;

/**
 * How much older than the question an answer may be: the endpoint shares one answer among those who ask within 2 s.
 */
export const STALE_MS = 2_500;

const NEVER: Sighting = {
  status: null,
  askedMs: 0,
  answeredMs: 0,
  silent: null,
  met: false,
  changing: null,
  tookBack: null,
};

/** Pure. `me`: this host's name, which peers name when they have seen it. */
export function remember(before: Sightings, { askedMs, answeredMs, answers }: Look, me: string): Sightings {
  return new Map(
    [...answers].map(([name, answer]) => {
      const was = before.get(name) ?? NEVER;
      if ('unreachable' in answer)
        return [
          name,
          { ...was, silent: { sinceMs: was.silent?.sinceMs ?? askedMs, why: answer.unreachable } },
        ];
      return [name, { ...heard(was, answer, me), askedMs, answeredMs }];
    }),
  );
}

function heard(was: Sighting, status: PeerStatus, me: string): Sighting {
  return {
    ...was,
    status,
    silent: null,
    met: was.met || (status.sees ?? []).some(({ name }) => name === me),
    changing: changingAfter(was.changing, status),
    tookBack: tookBackAfter(was, status),
  };
}

/**
 * A host that was seen to begin stays "about to have done it" until it says what became of it: in force, taken back,
 * put off, or left behind for another commit. Silence, or an answer that leaves it out, says nothing.
 */
function changingAfter(was: string | null, status: PeerStatus): string | null {
  const { phase, changing, commit, head, waiting, paused, takenBack } = status;
  // Drift of what is in force.
  if (changing !== null && changing === commit) return null;
  if (changing !== null) return changing;
  if (was === null || phase !== 'idle') return was;
  // A head that is in force may be the one from before: hosts tell of it when a cycle has ended.
  const hasMovedOn = head !== null && commit !== null && head !== commit;
  const isTakenBack = takenBack.some((one) => one.commit === was);
  const isAccounted =
    commit === was || isTakenBack || waiting !== null || paused || (hasMovedOn && head !== was);
  return isAccounted ? null : was;
}

function tookBackAfter(was: Sighting, status: PeerStatus): Sighting['tookBack'] {
  const now = status.takenBack.find(({ commit }) => commit === was.changing) ?? status.takenBack.at(-1);
  if (now !== undefined) return now;
  const before = was.tookBack?.commit ?? null;
  // "holdfast retry" there, or it has gone well since.
  return before === status.commit || before === status.changing ? null : was.tookBack;
}

/** What this host tells others of its peers: those that have ever answered. */
export const whatItSees = (sightings: Sightings, nowMs: number): readonly PeerSeen[] =>
  [...sightings]
    .filter(([, { status, met, changing, tookBack }]) => met || (status ?? changing ?? tookBack) !== null)
    .map(([name, { status, askedMs, changing, tookBack }]) => ({
      name,
      // Not since the boot: then it is at least that long.
      agoMs: status === null ? nowMs : Math.max(0, nowMs - askedMs),
      changing,
      tookBack: tookBack?.commit ?? null,
    }));
