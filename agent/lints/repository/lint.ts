import type { Cluster } from '../../desired/cluster.ts';
import type { Block } from '../../desired/keepalived-blocks.ts';
import type { Role } from '../../desired/role.ts';

/** The files that lints read: what keepalived and HAProxy are told. */
export const KEEPALIVED = '/etc/keepalived/keepalived.conf';
export const HAPROXY = '/etc/haproxy/haproxy.cfg';

/** One control plane node as the repository renders it. */
export type LintedHost = {
  readonly role: Role;
  /** Its text, `null`: the repository does not bring the file. */
  readonly keepalived: string | null;
  readonly haproxy: string | null;
  readonly sysctls: Readonly<Record<string, string>>;
  /** Every path that it brings. */
  readonly files: readonly string[];
};

/** All that a lint is given: the cluster, and every node of its control plane, the highest priority first. */
export type Linted = { readonly cluster: Cluster; readonly hosts: readonly LintedHost[] };

/**
 * What a lint says of a line of a host's file. `error`: the commit is refused, for it would break the virtual IP or
 * strand a host. `warning`: it is only suspicious. The sentence says what, why, and the way out; it never quotes a
 * password.
 */
export type Finding = {
  readonly severity: 'error' | 'warning';
  readonly hostname: string;
  readonly file: string;
  /** From 1, in the rendered file; `null`: the file as a whole. */
  readonly line: number | null;
  readonly sentence: string;
};

/** Pure. */
export type Lint = (linted: Linted) => readonly Finding[];

/** A VRRP instance of one host's keepalived.conf. */
export type Instance = { readonly host: LintedHost; readonly name: string; readonly block: Block };
