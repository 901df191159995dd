import type { Cluster } from '../desired/cluster.ts';

/** When all hosts change at once, wall clock. */
export type Moment = {
  readonly atMs: number;
  /** Ends at that moment. Throws where it does not come: nothing has been touched by then. */
  readonly come: () => Promise<void>;
};

/** A change that all hosts make at one moment, once this host's own checks have passed. */
export type Judging = {
  readonly commit: string;
  readonly atMs: number;
  readonly me: string;
  readonly cluster: Cluster;
  readonly stopping: AbortSignal;
  readonly progress: (sentence: string) => void;
};

/** Waits for what the other hosts say of it. Why it has to go back here as well, a clause; `null`: it stays. */
export type Together = (judging: Judging) => Promise<string | null>;
