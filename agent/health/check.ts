import type { Clock } from '../host/host.ts';
import type { Probes } from '../host/probes.ts';

/** `https[10.1.233.1:6443]/answers`: the same words in logs, the journal and `why`. */
export type CheckId = string;

/**
 * What a check saw. `seen` is a clause that a person understands ("connection refused"). `null`: the check makes no
 * sense on this host now, for instance before kubeadm has run.
 */
export type Seen =
  | { readonly ok: true }
  | { readonly ok: false; readonly seen: string }
  | { readonly ok: null; readonly why: string };

/**
 * What a check is about decides when it counts. `local`: what is in this host's own hands (its units, its VRRP
 * instance), always required. All others are required where they passed before: `vip` (the virtual IP as clients see
 * it), `witness` (the same as other hosts meet it: where none can be asked, nothing is known, and that is no failure),
 * `api` (this node's own ways to an API server), `own` (the user's checks), `remote` (the Git server).
 */
export type About = 'vip' | 'witness' | 'api' | 'local' | 'own' | 'remote';

export interface Check {
  readonly id: CheckId;
  readonly about: About;
  run(probes: Probes): Promise<Seen>;
}

export type Failed = { readonly id: CheckId; readonly seen: string };

/** Time, handed in. `sleep` ends early, and well, when the signal is given; nothing may keep the process alive for it. */
export type Time = {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
};

export const WELL: Seen = { ok: true };
export const unwell = (seen: string): Seen => ({ ok: false, seen });
export const notHere = (why: string): Seen => ({ ok: null, why });

/** An API server whose etcd is gone says so after 2 s (measured), so a shorter limit would hide the reason. */
export const ANSWER_MS = 4_000;
