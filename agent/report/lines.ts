import { shortSha } from '../plan/format-plan.ts';
import type { LastChange, Status } from './status.ts';
import { isDrift } from './told.ts';

/** What `status` and `why` have in common. */

export const row = (name: string, text: string): string => `${name.padEnd(12)}${text}`.trimEnd();
export const indent = (texts: readonly string[]): readonly string[] =>
  texts.flatMap((text) => text.split('\n').map((line) => `  ${line}`));

export function who(status: Status): string {
  if (status.role === null)
    return `${status.hostname}, ${status.outcome === 'no desired state' ? 'not a host of this cluster' : 'role not known yet'}`;
  return `${status.hostname}, ${status.role}${status.priority === null ? '' : `, VRRP priority ${status.priority}`}, ${status.address}`;
}

export function whatIsInForce({ generation, commit, resources, outcome }: Status): string {
  if (outcome === 'released') return `none: this host was released (generation ${generation})`;
  if (generation === 0) return 'none in force yet';
  const what =
    commit === null ? 'from a directory' : `${shortSha(commit.sha)} "${commit.subject}" by ${commit.author}`;
  return `${what} (generation ${generation}, ${resources} resources)`;
}

export const whatFor = (change: LastChange): string =>
  isDrift(change.changes) ? `drift from ${change.of}` : change.of;

/** What is to be shown of a change is shown once: the last change is the last drift, too, or what is stuck. */
export const isSame = (a: LastChange | null, b: LastChange): boolean =>
  a !== null && a.tx === b.tx && a.atMs === b.atMs && a.of === b.of;
