import type { Cluster } from '../../desired/cluster.ts';
import type { Block } from '../../desired/keepalived-blocks.ts';
import type { Role } from '../../desired/role.ts';

/** The files that lints read: what keepalived and the load balancer are told. */
export const KEEPALIVED = '/etc/keepalived/keepalived.conf';
export const HAPROXY = '/etc/haproxy/haproxy.cfg';
export const NGINX = '/etc/nginx/nginx.conf';

/** One control plane node as the repository renders it. */
export type LintedHost = {
  readonly role: Role;
  /** Its text, `null`: the repository does not bring the file. */
  readonly keepalived: string | null;
  readonly haproxy: string | null;
  readonly nginx: string | null;
  readonly sysctls: Readonly<Record<string, string>>;
  /** Every path that it brings. */
  readonly files: readonly string[];
  /** Of one of these. */
  readonly text: (path: string) => string | null;
  /** ufw's rules, in order; `null`: the repository says nothing of them, or nobody has looked. */
  readonly rules: readonly string[] | null;
  /** The repository switches ufw on. */
  readonly hasFirewall: boolean;
};

/** All that a lint is given: the cluster, and every node of its control plane, the highest priority first. */
export type Linted = { readonly cluster: Cluster; readonly hosts: readonly LintedHost[] };

/**
 * What a lint says of a line of a host's file. `error`: the commit is refused, for it would break the virtual IP or
 * strand a host. `warning`: it is only suspicious. The sentence says what, why, and the way out; it never quotes a
 * password.
 */
export type Finding = FileFinding | RuleFinding;
type Said = {
  readonly severity: 'error' | 'warning';
  readonly hostname: string;
  readonly sentence: string;
  /** A guess, and the host itself can tell (a guard of preflight): not said there. */
  readonly hostKnows?: true;
};
export type FileFinding = Said & {
  readonly file: string;
  /** From 1, in the rendered file; `null`: the file as a whole. */
  readonly line: number | null;
};
/** Of a rule of ufw's; `null`: of all of them. */
export type RuleFinding = Said & { readonly rule: string | null };

/** Pure. */
export type Lint = (linted: Linted) => readonly Finding[];

/** A VRRP instance of one host's keepalived.conf. */
export type Instance = { readonly host: LintedHost; readonly name: string; readonly block: Block };
