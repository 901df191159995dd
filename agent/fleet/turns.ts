import type { Time } from '../health/check.ts';
import { longestAnnouncementMs } from './blocking.ts';
import { STALE_MS, type Sightings } from './sightings.ts';
import { precedence } from './turn-order.ts';
import { apiServerTurn, turn, type Turn, type TurnAnswer, type TurnAsked } from './turn.ts';
import type { Waited } from './waited.ts';

/** What a host knows of itself and of its plan when it asks for its turn. */
export type TurnQuestion = Pick<
  TurnAsked,
  'me' | 'commit' | 'nodes' | 'rollout' | 'self' | 'fetched' | 'apiServer'
> & {
  /** Drift that restarts the API server: one at a time, in no order. */
  readonly isDrift: boolean;
};

/**
 * Who may change when: the one question that a rollout asks of the fleet. A lock service (a FleetLock server, a lease
 * in etcd) can take this place, and may leave unread what it has no use for.
 */
export interface Turns {
  /** Takes up to `longestAnnouncementMs` where this host's turn has come. After `go` the turn is this host's until `giveBack`. */
  ask(question: TurnQuestion): Promise<TurnAnswer>;
  /** At the end of each cycle. `waiting`: what this host says then; `asksAgain`: for its turn. */
  giveBack(waiting?: Waits | null, asksAgain?: boolean): Promise<void>;
}

/** When a turn that was refused is asked for again, sooner than in the next cycle. */
export interface AskingAgain {
  /** Whether it is worth it after an answer that was not `go`. To be asked often: it counts the waiting. */
  isWorthAsking(): Promise<boolean>;
  /** It was this host's turn later, and nothing speaks against the commit. */
  readonly isWaiting: boolean;
}

/**
 * `changing`: this commit, with the phase "applying", although nothing has begun. `waiting`: as it stands, and in the
 * same moment as `changing` ends, for a host that was about to begin and says nothing more counts as gone wrong.
 */
export type Word = { readonly changing: string } | { readonly waiting: Waits } | null;
export type Waits = { readonly for: string; readonly why: string };

/** What turns by themselves need: the peers' status endpoints, and a place for what must outlive the agent. */
export type Exchange = {
  /** Asks all peers anew and remembers what they say. */
  look(brief: boolean): Promise<Sightings>;
  /** What this host's status says from now on. */
  say(word: Word): Promise<void>;
  readonly waited: { read(): Promise<Waited | null>; write(waited: Waited): Promise<void> };
};

const BETWEEN_MS = 4_000;

export type Turned = 'go' | 'announce' | 'look again' | 'make way';

/**
 * Pure. A host announces itself, looks again, and goes only when it sees nobody else and has been seen: of two that
 * announce themselves at once each sees the other, and the one that comes later makes way.
 */
export function nextStep({ answer, isUnseen }: Turn, asked: TurnAsked): Turned {
  const { me, nodes, rollout, announcedMs, nowMs, staleMs } = asked;
  if ('go' in answer) return announcedMs === null && rollout.strategy === 'turns' ? 'announce' : 'go';
  if (announcedMs === null || 'stop' in answer || nowMs - announcedMs >= longestAnnouncementMs(staleMs))
    return 'make way';
  const order = precedence(nodes, rollout.order);
  const isLater = order.indexOf(answer.wait.for) < order.indexOf(me);
  return isUnseen || !isLater ? 'look again' : 'make way';
}

function wordOf(answer: TurnAnswer): Word {
  if ('go' in answer) return null;
  if ('wait' in answer) return { waiting: { for: answer.wait.for, why: answer.wait.why } };
  return { waiting: { for: answer.stop.by, why: answer.stop.why } };
}

export function openTurns(
  exchange: Exchange,
  { clock, sleep }: Time,
  staleMs: number = STALE_MS,
): Turns & AskingAgain {
  let refused: TurnQuestion | null = null;
  let isWaiting = false;
  const look = async (question: TurnQuestion, announcedMs: number | null) => {
    const sightings = await exchange.look(question.apiServer === null);
    const nowMs = clock.monotonicMs();
    const asked = { ...question, sightings, announcedMs, nowMs, staleMs };
    const decide = question.isDrift ? apiServerTurn : turn;
    const next = decide(asked, await exchange.waited.read());
    await exchange.waited.write(next.waited);
    return { answer: next.answer, step: nextStep(next, asked) };
  };
  const ask = async (question: TurnQuestion): Promise<TurnAnswer> => {
    let announcedMs: number | null = null;
    let word: Word = null;
    try {
      for (;;) {
        const { answer, step } = await look(question, announcedMs);
        word = step === 'go' && announcedMs !== null ? { changing: question.commit } : wordOf(answer);
        if (step === 'go' || step === 'make way') return answer;
        if (step === 'announce') {
          announcedMs = clock.monotonicMs();
          await exchange.say({ changing: question.commit });
        }
        await sleep(Math.max(BETWEEN_MS, staleMs));
      }
    } finally {
      await exchange.say(word);
    }
  };
  return {
    ask: async (question) => {
      refused = question;
      const answer = await ask(question);
      if ('go' in answer) refused = null;
      isWaiting = 'wait' in answer;
      return answer;
    },
    giveBack: async (waiting = null, asksAgain = false) => {
      // A commit that nobody wants any more needs no turn.
      if (!asksAgain) [refused, isWaiting] = [null, false];
      await exchange.say(waiting && { waiting });
    },
    get isWaiting() {
      return isWaiting;
    },
    isWorthAsking: async () => {
      if (refused === null) return false;
      const { step } = await look(refused, null);
      return step === 'go' || step === 'announce';
    },
  };
}
