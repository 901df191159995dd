import type { Json } from '../host/host.ts';
import type { Before } from '../health/health.ts';
import type { Change, Managed, Step } from '../plan/change.ts';
import type { Commit, ReportedChange } from '../report/status.ts';
import type { Pair, Pinned } from './ledger.ts';

/** A moment that survives a restart of the agent and is void after one of the host: boots have clocks of their own. */
export type Deadline = { readonly boot: string; readonly monotonicMs: number };

/** Where it went wrong (a step, `observed`, `live`, `gate`, `interrupted`, `record`) and what was seen, a clause. */
export type Failure = { readonly where: string; readonly seen: string };

/** Everything that is needed to go on, to judge and to go back, without Git and without a template. */
export type Begin = {
  readonly t: 'begin';
  readonly version: 1;
  readonly tx: number;
  readonly atMs: number;
  /** The boot in which it began: after another one every daemon has read what was on the disk then. */
  readonly boot: string;
  /** In words, as in the log: `commit 1f2e3d4c5b6a "A shorter timeout"`. */
  readonly of: string;
  readonly commit: Commit | null;
  /** The generation in force if this does not commit, and if it does. */
  readonly before: number;
  readonly generation: number;
  readonly changes: readonly Change[];
  /** The same for people, without a secret. */
  readonly reported: readonly ReportedChange[];
  readonly steps: readonly Step[];
  /** How the units that are refreshed were before: one that a refresh ended is started again. */
  readonly units: { readonly [unit: string]: Json };
  /** `null`: an image at rest, where nothing answers. */
  readonly health: Before | null;
  /** What is managed if this commits. */
  readonly inventory: readonly Managed[];
  /** What is not to be tried again if this does not. */
  readonly quarantine: readonly Pair[];
  /** Whether the virtual IP has answered in this cluster. */
  readonly everWell: boolean;
  /** What holds newer commits back if this commits. */
  readonly pinned: Pinned | null;
  /** All hosts change at this moment (wall clock), and none keeps it alone. Left out: this host changes by itself. */
  readonly togetherAtMs?: number;
};

export type Entry =
  | Begin
  /** Before a step's effect. */
  | { readonly t: 'step'; readonly n: number }
  /** All steps are done and were seen to be; until then the daemons must run with them. Again after each interruption. */
  | { readonly t: 'verify'; readonly deadline: Deadline }
  /** They do; until then the health checks must have passed. */
  | { readonly t: 'live'; readonly deadline: Deadline }
  | { readonly t: 'back'; readonly why: Failure; readonly quarantine: boolean }
  | { readonly t: 'stuck'; readonly why: Failure; readonly attempt: number; readonly again: Deadline }
  | {
      readonly t: 'end';
      readonly outcome: 'committed' | 'rolledBack';
      /** Kept although something is unwell that was so before. */
      readonly degraded: boolean;
      readonly vipWell: boolean;
      /** What is still unwell; or, in place of an exact way back, what the host was left as. A sentence. */
      readonly note: string | null;
    };

type Open = { readonly begin: Begin; readonly announced: number };
export type Phase =
  | { readonly phase: 'idle' }
  | ({ readonly phase: 'applying' } & Open)
  | ({
      readonly phase: 'verifying';
      readonly live: boolean;
      readonly deadline: Deadline;
      /** How often it was taken up again, and how often by another boot. */
      readonly resumed: number;
      readonly reboots: number;
    } & Open)
  | ({ readonly phase: 'rollingBack'; readonly why: Failure; readonly quarantine: boolean } & Open)
  | ({
      readonly phase: 'stuck';
      readonly why: Failure;
      /** What went wrong on the way back. */
      readonly stuck: Failure;
      readonly quarantine: boolean;
      readonly attempt: number;
      readonly again: Deadline;
    } & Open)
  | ({
      readonly phase: 'settling';
      readonly outcome: 'committed' | 'rolledBack';
      readonly degraded: boolean;
      readonly vipWell: boolean;
      readonly note: string | null;
      readonly why: Failure | null;
      readonly quarantine: boolean;
    } & Open);

export type OpenPhase = Exclude<Phase, { phase: 'idle' | 'settling' }>;
export type Settling = Extract<Phase, { phase: 'settling' }>;

/** The journal says what cannot have happened: reported, never guessed at. */
export class JournalDamaged extends Error {
  override readonly name = 'JournalDamaged';
}

export const IDLE: Phase = { phase: 'idle' };

/** Pure: where a transaction stands after its entries. */
export const fold = (entries: readonly Entry[]): Phase => entries.reduce(next, IDLE);

export function next(phase: Phase, entry: Entry): Phase {
  switch (entry.t) {
    case 'begin':
      return phase.phase === 'idle'
        ? { phase: 'applying', begin: entry, announced: 0 }
        : impossible(phase, entry);
    case 'step':
      return phase.phase === 'applying' && entry.n === phase.announced && entry.n < phase.begin.steps.length
        ? { ...phase, announced: entry.n + 1 }
        : impossible(phase, entry);
    case 'verify':
      return verifying(phase, entry);
    case 'live':
      return phase.phase === 'verifying'
        ? { ...phase, live: true, deadline: entry.deadline }
        : impossible(phase, entry);
    case 'back':
      return phase.phase === 'applying' || phase.phase === 'verifying'
        ? { phase: 'rollingBack', ...open(phase), why: entry.why, quarantine: entry.quarantine }
        : impossible(phase, entry);
    case 'stuck':
      return stuck(phase, entry);
    case 'end':
      return ending(phase, entry);
    default:
      // Only another release writes others.
      return impossible(phase, entry);
  }
}

const open = ({ begin, announced }: Open): Open => ({ begin, announced });

/** A step whose effect is announced may have happened or not, so only the last one may be announced here. */
function verifying(phase: Phase, entry: Entry & { t: 'verify' }): Phase {
  const { deadline } = entry;
  if (phase.phase === 'applying' && phase.announced === phase.begin.steps.length)
    return { phase: 'verifying', ...open(phase), live: false, deadline, resumed: 0, reboots: 0 };
  if (phase.phase !== 'verifying') return impossible(phase, entry);
  const reboots = phase.reboots + (phase.deadline.boot === deadline.boot ? 0 : 1);
  return { ...phase, live: false, deadline, resumed: phase.resumed + 1, reboots };
}

function stuck(phase: Phase, entry: Entry & { t: 'stuck' }): Phase {
  if (phase.phase !== 'rollingBack' && phase.phase !== 'stuck') return impossible(phase, entry);
  const { why, quarantine } = phase;
  return {
    phase: 'stuck',
    ...open(phase),
    why,
    quarantine,
    stuck: entry.why,
    attempt: entry.attempt,
    again: entry.again,
  };
}

function ending(phase: Phase, entry: Entry & { t: 'end' }): Phase {
  const { t: _, ...ended } = entry;
  if (entry.outcome === 'committed' && phase.phase === 'verifying')
    return { phase: 'settling', ...open(phase), ...ended, why: null, quarantine: false };
  if (entry.outcome === 'rolledBack' && (phase.phase === 'rollingBack' || phase.phase === 'stuck'))
    return { phase: 'settling', ...open(phase), ...ended, why: phase.why, quarantine: phase.quarantine };
  return impossible(phase, entry);
}

function impossible(phase: Phase, entry: { readonly t: string }): never {
  throw new JournalDamaged(`"${entry.t}" cannot follow "${phase.phase}"`);
}
