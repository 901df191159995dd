import type { Why } from '../plan/change.ts';
import type { Role } from '../desired/role.ts';
import { canonical } from '../resources/kind.ts';
import { sameNews } from './same-news.ts';

export type Commit = { readonly sha: string; readonly author: string; readonly subject: string };

/** How a cycle ended. The words are part of `holdfast status --json`. */
export type OutcomeName =
  | 'in desired state'
  | 'changed'
  /** Kept, and something that was unwell before still is. */
  | 'degraded'
  | 'rolled back'
  /** A way back that did not lead to what was before: tried again. */
  | 'stuck'
  | 'refused'
  | 'held'
  | 'paused'
  /** `holdfast release`: nothing is managed any more, until somebody resumes. */
  | 'released'
  | 'failed'
  | 'no desired state'
  | 'nothing known';

export type ReportedChange = { readonly id: string; readonly why: Why; readonly summary: readonly string[] };

/** One transaction, as status, history and the journal tell it. */
export type LastChange = {
  readonly tx: number;
  readonly atMs: number;
  readonly tookMs: number;
  /** `commit 1f2e3d4c5b6a "A shorter timeout"` */
  readonly of: string;
  readonly commit: Commit | null;
  /** The generation in force afterwards. */
  readonly generation: number;
  readonly changes: readonly ReportedChange[];
  readonly steps: readonly string[];
  readonly end: 'committed' | 'degraded' | 'rolled back' | 'stuck';
  /** Why it was taken back, a clause; `null`: it was kept. */
  readonly failure: string | null;
  /** What was unwell before and still is; how the way back ended, where it did not end exactly. A sentence. */
  readonly note: string | null;
  /** Whether the same is not tried again by itself. */
  readonly quarantined: boolean;
  /** After a rollback: whether, and how soon, the virtual IP answered again. A clause. */
  readonly vipAfter?: string;
};

/** Why the newest commit is not applied yet although nothing is wrong with it. */
export type Held = {
  readonly of: string;
  readonly commit: Commit | null;
  readonly by: 'unwell VIP' | 'rollback' | 'turn' | 'lockstep';
  /** A clause about it: `waits for ...`. */
  readonly why: string;
  readonly sinceMs: number;
  /** The host that it waits for, or that stands in its way. */
  readonly for?: string;
  /** When it is asked again at the latest, wall clock: whatever the schedule says. */
  readonly againMs?: number;
};

/** `holdfast pause`: nothing is changed until somebody resumes, or until a time. */
export type Paused = {
  readonly reason: string;
  /** Who asked: a login name. */
  readonly by: string;
  readonly sinceMs: number;
  readonly untilMs: number | null;
};

/** `holdfast accept`: what somebody answers for. */
export type AcceptedByHand = {
  readonly commit: Commit;
  /** Who: a login name. */
  readonly by: string;
  readonly atMs: number;
  /** What was wrong with its signature, a sentence without a capital; `null`: nothing, or nobody asks for one. */
  readonly unsigned: string | null;
};

/** All that a person, or a peer, may ask of this host. No secret is ever in it. */
export type Status = {
  readonly version: 1;
  readonly release: string;
  readonly atMs: number;
  readonly hostname: string;
  readonly role: Role['role'] | null;
  readonly priority: number | null;
  readonly address: string | null;
  readonly vip: string | null;
  /** Whether this host had the virtual IP when the cycle ended; `null`: it is not known which one that is. */
  readonly vipHeld: boolean | null;
  readonly outcome: OutcomeName;
  /** A sentence for everything but "in desired state". */
  readonly why: string | null;
  /** The commit in force, and its generation. */
  readonly commit: Commit | null;
  readonly generation: number;
  readonly resources: number;
  /** The ids of those. */
  readonly managed: readonly string[];
  readonly source: {
    readonly ok: boolean;
    readonly why: string | null;
    readonly head: string | null;
    readonly sinceMs: number;
  };
  readonly refused: {
    readonly commit: Commit | null;
    readonly of: string;
    readonly reasons: readonly string[];
  } | null;
  readonly waiting: readonly { readonly id: string; readonly why: string }[];
  /** What is in force and cannot be brought to its state on this host, and why. */
  readonly cannot: readonly { readonly id: string; readonly why: string }[];
  readonly notices: readonly string[];
  readonly held: Held | null;
  readonly paused: Paused | null;
  /** When a pause was last said, so that a forgotten one is said every day. */
  readonly pauseSaidMs: number | null;
  /** A transaction that is stuck on its way back, as `lastChange` has it with `end: 'stuck'`. */
  readonly stuck: LastChange | null;
  readonly lastChange: LastChange | null;
  readonly lastDrift: LastChange | null;
  /** Absent: an earlier release wrote this. */
  readonly acceptedByHand?: AcceptedByHand | null;
};

/** What differs between two cycles; the time of day and the numbers of processes do not. */
export const sameButTime = (a: Status, b: Status): boolean =>
  sameNews(canonical({ ...a, atMs: 0 }), canonical({ ...b, atMs: 0 }));
