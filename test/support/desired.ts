import type { Candidate, From } from '../../agent/desired/candidate.ts';
import type { Json } from '../../agent/host/host.ts';
import type { Managed } from '../../agent/plan/change.ts';
import type { Known } from '../../agent/plan/plan.ts';
import { KINDS } from '../../agent/resources/index.ts';
import { id, kindOf, type Id, type Notify, type Resource } from '../../agent/resources/kind.ts';
import { fileOf, type FakeHost } from './fake-host.ts';

/** Rendered desired state, written as short as a test wants it. */

type More = Partial<Omit<Resource, 'id' | 'spec' | 'scope'>>;

export function resource(kind: string, name: string, spec: Json, more: More = {}): Resource {
  const of: Id = id(kind, name);
  const scope = kindOf(of, KINDS).scope(spec);
  const plain = { secret: false, notify: [], requires: [], validate: [], waitFor: [], origin: null };
  return { ...plain, ...more, id: of, spec, scope };
}

/** A file with this text; `on` remembers its bytes. */
export const file = (
  on: FakeHost,
  path: string,
  text: string,
  more: More & { readonly mode?: number; readonly owner?: string; readonly group?: string } = {},
): Resource => {
  const { mode, owner, group, ...envelope } = more;
  return resource('file', path, fileOf(on, text, mode, owner, group), envelope);
};
export const absent = (path: string, more: More = {}): Resource => resource('file', path, null, more);
export const sysctl = (key: string, value: string, more: More = {}): Resource =>
  resource('sysctl', key, value, more);
export const yaml = (
  path: string,
  edits: { readonly [address: string]: string | number | boolean | null },
  more: More = {},
): Resource => resource('yaml', path, { edits }, more);
export const unit = (
  name: string,
  spec: { enabled?: boolean; running?: boolean },
  more: More = {},
): Resource => resource('unit', name, spec, more);
export const pkg = (name: string): Resource => resource('package', name, 'present');

export const reload = (unitName: string): Notify => ({ unit: unitName, action: 'reload' });
export const restart = (unitName: string): Notify => ({ unit: unitName, action: 'restart' });
export const daemonReload: Notify = { unit: 'daemon-reload' };

export const ROLE = {
  hostname: 'kubernetes-node-1',
  role: 'MASTER',
  priority: 100,
  address: '10.1.1.1',
} as const;
export const commitOf = (n: number) => ({
  sha: `${n}`.repeat(40).slice(0, 40),
  author: 'Ada',
  subject: `change ${n}`,
});
const fromCommit = (n: number): From => {
  const { sha, author, subject } = commitOf(n);
  return { commit: sha, author, subject };
};

/** The desired state of commit `n`. Its bytes are those that `on` remembers. */
export function candidate(
  on: FakeHost,
  n: number | From,
  resources: readonly Resource[],
  allowMassRemoval = false,
): Candidate {
  return {
    from: typeof n === 'number' ? fromCommit(n) : n,
    role: ROLE,
    cluster: { vip: '10.1.233.1' },
    resources,
    allowMassRemoval,
    blobs: on.contents,
  };
}

export const UNKNOWN: Known = { inventory: new Map(), committed: null };

/** What is known once a plan of `committed` was carried out. */
export const knownAfter = (committed: Candidate, adopts: ReadonlyMap<Id, Managed>): Known => ({
  inventory: adopts,
  committed,
});
