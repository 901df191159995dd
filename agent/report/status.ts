import type { Why } from '../plan/change.ts';
import type { Role } from '../desired/role.ts';
import { sameNews } from './same-news.ts';

export type Commit = { readonly sha: string; readonly author: string; readonly subject: string };

/** How a cycle ended. The words are part of `holdfast status --json`. */
export type OutcomeName =
  'in desired state' | 'changed' | 'refused' | 'failed' | 'no desired state' | 'nothing known';

export type ReportedChange = { readonly id: string; readonly why: Why; readonly summary: readonly string[] };

/** One convergence that changed something, or tried to. */
export type LastChange = {
  readonly atMs: number;
  readonly tookMs: number;
  readonly of: string;
  readonly commit: Commit | null;
  readonly changes: readonly ReportedChange[];
  readonly steps: readonly string[];
  /** Which step failed and what was seen; `null`: all went well. */
  readonly failure: string | null;
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
  readonly lastChange: LastChange | null;
  readonly lastDrift: LastChange | null;
};

/** What differs between two cycles; the time of day and the numbers of processes do not. */
export const sameButTime = (a: Status, b: Status): boolean =>
  sameNews(JSON.stringify({ ...a, atMs: 0 }), JSON.stringify({ ...b, atMs: 0 }));
