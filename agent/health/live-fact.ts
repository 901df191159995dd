import type { Api } from './https.ts';

/**
 * What a daemon was before the steps, so that afterwards it can be told whether the change has reached it: plain JSON
 * for the journal, where systemd's are told from kubelet's by `unit` (an older release knew no others).
 */
export type LiveFact = UnitFact | ApiServerFact;

export type UnitFact = {
  readonly unit: string;
  readonly did: 'reload' | 'restart' | 'start';
  readonly invocation: string;
  readonly restarts: number;
  /** Reloads that HAProxy's master had counted; `null`: another daemon, or one that could not be asked. */
  readonly haproxyReloads: number | null;
  /** Workers that nginx had; `null`: they could not be seen. Of nginx alone. */
  readonly nginxWorkers?: readonly string[] | null;
  /** When each of keepalived's instances was last configured or changed its state. */
  readonly keepalived: { readonly [instance: string]: number } | null;
};

/**
 * The API server before its manifest was changed. kubelet sees the file and starts another one when the old one has
 * ended, a minute later or two: until then the old one answers, and says nothing about the change (kubeadm, morph#47).
 */
export type ApiServerFact = {
  readonly apiServer: Api & { readonly address: string };
  /** Who listened there. */
  readonly processes: readonly string[];
  /** `absent`: it had no manifest. Else a clause that says why it was not ready. */
  readonly was: 'ready' | 'absent' | { readonly unwell: string };
  /** The plan leaves it a manifest. */
  readonly shallRun: boolean;
  readonly kubelet: Kubelet;
};

/** `unknown`: systemd knows no kubelet.service. What else may run static pods here, nobody can tell. */
export type Kubelet = 'runs' | 'stopped' | 'unknown';

/** As in `live[haproxy.service]`. */
export const nameOf = (fact: LiveFact): string => ('unit' in fact ? fact.unit : 'kube-apiserver');
