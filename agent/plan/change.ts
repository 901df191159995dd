import type { Json } from '../host/host.ts';
import type { Envelope, Id, Origin } from '../resources/kind.ts';
import type { Candidate } from '../desired/candidate.ts';

/**
 * Why something changes. `commit`: the repository asks for something else than before. `drift`: it asks for the
 * same, and the host has moved. `left`: it no longer asks, so what was first seen comes back. `undo`: a rollback.
 */
export type Why = 'commit' | 'drift' | 'left' | 'undo';

export type Change = Envelope & { readonly from: Json; readonly to: Json; readonly why: Why };

export type Step =
  | { readonly do: 'enforce'; readonly id: Id; readonly to: Json }
  | { readonly do: 'daemon-reload' }
  | { readonly do: 'refresh'; readonly unit: string; readonly action: 'reload' | 'restart' };

/** A resource that cannot be brought to its state now (`waiting`) or at all (`refused`), and why: a clause. */
export type NotNow = {
  readonly id: Id;
  readonly why: string;
  /** Where the part that is to blame is written; `null`: no part of it is. Left out: where the resource is. */
  readonly at?: Origin | null;
};

export type Plan = {
  readonly of: Candidate;
  readonly observed: ReadonlyMap<Id, Json>;
  readonly changes: readonly Change[];
  readonly steps: readonly Step[];
  /** What cannot be done now: what waits, and what has left and cannot be put back yet. */
  readonly waiting: readonly NotNow[];
  readonly refused: readonly NotNow[];
  /** Units that a step refreshes and whether they run now. */
  readonly running: ReadonlyMap<string, boolean>;
  /** True when packages come first: after them the host is observed and planned again. */
  readonly packagesFirst: boolean;
  /** Resources that are managed from now on, and what they were when first seen. */
  readonly adopts: ReadonlyMap<Id, Managed>;
  /** Resources that the desired state no longer names and that stay as they are (packages). */
  readonly forgets: readonly Id[];
};

/** The generation in force, whose differences from the host are drift; not a commit or a directory that is new. */
export const isInForce = ({ from }: Pick<Candidate, 'from'>): boolean => 'generation' in from;

/** What the ledger remembers of a managed resource after its spec is gone. */
export type Managed = Envelope & { readonly first: Json };

export const stepName = (step: Step): string => {
  if (step.do === 'enforce') return step.id;
  return step.do === 'daemon-reload' ? 'systemctl daemon-reload' : `systemctl ${step.action} ${step.unit}`;
};
