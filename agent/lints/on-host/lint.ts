import type { Cluster } from '../../desired/cluster.ts';
import type { Role } from '../../desired/role.ts';
import type { LintProbes } from '../../host/lint-probes.ts';
import type { Id } from '../../resources/kind.ts';

/** What a plan is about to do to the virtual IP on this host. `null` each: nothing, or nothing that it did not do before. */
export type Intent = {
  /** keepalived's configuration holds the virtual IP, and did not before. */
  readonly takesVip: Id | null;
  /** It uses this VRID, and did not before. */
  readonly routerId: { readonly by: Id; readonly routerId: number } | null;
  /** Something is pointed at the virtual IP, and was not before: a kubeconfig. */
  readonly pointsAtVip: Id | null;
  /** The load balancer is started or told to listen on the virtual IP's port. */
  readonly bindsVip: { readonly by: Id; readonly balancer: string } | null;
  /** The API server's manifest changes. */
  readonly editsManifest: Id | null;
  /** An edit of it is asked for and waits, and why: a clause. It does nothing by itself. */
  readonly manifestWaits: string | null;
};

export type At = {
  readonly cluster: Cluster;
  readonly role: Role;
  readonly nowMs: number;
  /** Where the Git remote is; `null`: there is none, or it has no host. */
  readonly remoteHost: string | null;
  /** `null`: nothing is about to change; this is the look at how things stand. */
  readonly intent: Intent | null;
};

/**
 * A sentence with the way out. `refuses`: the resource that must not be changed like that. `of`: what of cluster.yaml it
 * is about, where it is not about that resource.
 */
export type Verdict =
  | { readonly refuses: Id; readonly why: string; readonly of?: 'vip' | 'routerId' }
  | { readonly notice: string };

/**
 * What only the host can tell. `ask` looks and does not judge, within seconds; `judge` is pure. A plan is refused
 * where it would break the virtual IP or strand the host, and everything else is said once.
 */
export type HostLint<Facts> = {
  /** As in "whether a stranger answers". */
  readonly about: string;
  /** Whether it is worth asking: a cycle that changes nothing asks nothing. */
  readonly concerns: (at: At) => boolean;
  readonly ask: (probes: LintProbes, at: At) => Promise<Facts>;
  readonly judge: (facts: Facts, at: At) => readonly Verdict[];
  /** What the answer depends on, if asking takes seconds: it then counts for two minutes. */
  readonly lasting?: (at: At) => string;
};

/** What a table of them holds: the facts are each lint's own. */
export type AnyHostLint = Pick<HostLint<unknown>, 'about' | 'concerns' | 'lasting'> & {
  /** Asks, and gives back how to judge what was found. */
  readonly look: (probes: LintProbes, at: At) => Promise<(at: At) => readonly Verdict[]>;
};

export const hostLint = <Facts>({ ask, judge, ...rest }: HostLint<Facts>): AnyHostLint & HostLint<Facts> => ({
  ...rest,
  ask,
  judge,
  look: async (probes, at) => {
    const facts = await ask(probes, at);
    return (then) => judge(facts, then);
  },
});
