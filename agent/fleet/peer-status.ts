import type { OutcomeName } from '../report/status.ts';

/** What a host says of itself to its peers. Durations, not times: clocks differ. No secret. */
export type PeerStatus = {
  readonly version: 1;
  readonly release: string;
  readonly hostname: string;
  readonly role: 'MASTER' | 'BACKUP' | 'worker' | null;
  readonly priority: number | null;
  /** The newest commit that this host follows, and the one in force. */
  readonly head: string | null;
  readonly commit: string | null;
  readonly generation: number;
  /** What is under way, and which commit it is of. */
  readonly phase: 'idle' | 'applying' | 'verifying' | 'rolling back' | 'stuck';
  readonly changing: string | null;
  readonly outcome: OutcomeName;
  /** For how long it has been in desired state at `commit`, with nothing under way; `null`: it is not. */
  readonly settledMs: number | null;
  /** Commits that were taken back here and are not tried again. */
  readonly takenBack: readonly { readonly commit: string; readonly why: string }[];
  /** Its own view, asked for when the question came (or not older than 2 s). `null`: unknown. */
  readonly vip: {
    readonly held: boolean;
    readonly answers: boolean | null;
    readonly seen: string | null;
    /** It gave it away for a restart, and is ready to have it back. */
    readonly wanted?: boolean;
  };
  readonly apiServer: { readonly ready: boolean | null; readonly seen: string | null };
  /** A lockstep commit that it is ready to apply; `well`: it has, and its own checks have passed. */
  readonly staged: { readonly commit: string; readonly atMs: number; readonly well?: boolean } | null;
  readonly waiting: { readonly for: string; readonly why: string } | null;
  readonly paused: boolean;
  readonly nowMs: number;
  readonly lastSuccessMs: number | null;
  /** How long ago drift was last put right here; `null` or absent: not known that it ever was. */
  readonly driftAgoMs?: number | null;
  /** What it knows of the other hosts that have ever answered it; absent: an older release. */
  readonly sees?: readonly PeerSeen[];
};

/** One host as another one last saw it: what tells those who cannot reach it themselves. */
export type PeerSeen = {
  readonly name: string;
  /** How long ago it was asked, when it last answered. */
  readonly agoMs: number;
  /** The commit that it was about to apply, or applying, and has not been seen to be done with. */
  readonly changing: string | null;
  /** The commit that it was last seen to have taken back. */
  readonly tookBack: string | null;
};
