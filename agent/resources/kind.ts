import type * as z from 'zod';
import type { BlobRef, FileReader, Host, Json, Reader } from '../host/host.ts';

/** `file[/etc/haproxy/haproxy.cfg]`: the same words in logs, plans, errors and the journal. */
export type Id = `${string}[${string}]`;

/**
 * The order in which changes are made. Units that must not run are stopped before their files change and started
 * after everything that they read is in place.
 */
export const PHASES = ['package', 'stop', 'write', 'kernel', 'rules', 'firewall', 'start'] as const;
export type Phase = (typeof PHASES)[number];

/**
 * What a resource should become, given what it is: a state, or why not now (`waiting`), or why never (`refused`).
 * `meanwhile`: as much of a refused one as can be had, so that one rule does not keep the others' drift.
 */
export type Target<S> =
  { readonly to: S } | { readonly waiting: string } | { readonly refused: string; readonly meanwhile?: S };

/** `summary`: one phrase a change for the log. `detail`: lines of a diff. Neither ever holds a secret's bytes. */
export type Description = { readonly summary: readonly string[]; readonly detail: readonly string[] };

/**
 * `coming`: the paths that this plan brings, so that a unit can be planned together with its file. `first`: what it was
 * when it was first managed, if it is.
 */
export type Planning<S = Json> = {
  readonly name: string;
  readonly coming: ReadonlySet<string>;
  readonly first?: S;
};

export type Describing = { text(blob: BlobRef): string; readonly secret: boolean };

/**
 * One kind of resource. `observe` and `target` cannot change anything; `enforce` sees neither the desired spec nor
 * the repository, only a state, so going back is the same call as going forward.
 */
export interface Kind<Spec, State extends Json, Scope extends Json = null> {
  readonly kind: string;
  /** What a rendered desired resource says. */
  readonly spec: z.ZodType<Spec>;
  /** What is observed, planned, journalled and restored. `null` means observed absent. */
  readonly state: z.ZodType<State>;
  /** 'live' kinds wait when the host is an image at rest. */
  readonly needs: 'files' | 'live';
  /** What happens when the desired state no longer names it: put back what was first seen, or leave it. */
  readonly leaving: 'restore' | 'stay';
  /** Which part of the thing is ours to observe. */
  scope(spec: Spec): Scope;
  /** What to look at where an earlier scope covered more, so that it can be put back. Default: the scope alone. */
  cover?(scope: Scope, earlier: Scope): Scope;
  /** All resources of the kind in one go. Throws when something cannot be observed: unknown is never absent. */
  observe(asked: ReadonlyMap<string, Scope>, host: Reader): Promise<ReadonlyMap<string, State>>;
  /**
   * Others own the thing, and may leave it so that it cannot be looked at or brought to its state: then it waits, for
   * whoever owns it must not decide over a commit or over what else is put right. Default: that is refused.
   */
  belongsToOthers?(name: string): boolean;
  /** Why it cannot be brought from what it is now to the state, by trying without a trace: a sentence. Default: it can. */
  hindrance?(name: string, to: State, host: Reader): Promise<string | null>;
  /** Pure. */
  target(spec: Spec, observed: State, planning: Planning<State>): Target<State>;
  /** Whether what is observed after a change is what was planned. Default: canonically equal. */
  settled?(planned: State, observed: State): boolean;
  /** What was first seen, when a later scope is not the one it was seen under. Default: as it was. */
  widen?(first: State, observed: State, scope: Scope): State;
  phase(from: State, to: State): Phase;
  /** Brings it to the state, from whatever it is now. Idempotent. */
  enforce(name: string, to: State, host: Host): Promise<void>;
  describe(from: State, to: State, show: Describing): Description;
  /** Blobs that a state refers to: the transaction keeps them on disk before it begins. */
  blobs?(state: State): readonly BlobRef[];
  /** The paths that a state means will exist: what `Planning.coming` is made of. */
  paths?(name: string, state: State): readonly string[];
  /** Something a person should know although nothing has to change (a shadowed sysctl file). */
  notices?(name: string, spec: Spec, observed: State, files: FileReader): Promise<readonly string[]>;
}

/** What the registry holds: the types are hidden, and everything that comes from disk is parsed again. */
export interface AnyKind {
  readonly kind: string;
  readonly needs: 'files' | 'live';
  readonly leaving: 'restore' | 'stay';
  parseSpec(spec: unknown): unknown;
  scope(spec: unknown): Json;
  cover(scope: Json, earlier: Json): Json;
  observe(asked: ReadonlyMap<string, Json>, host: Reader): Promise<ReadonlyMap<string, Json>>;
  belongsToOthers(name: string): boolean;
  hindrance(name: string, to: Json, host: Reader): Promise<string | null>;
  target(spec: unknown, observed: Json, planning: Planning): Target<Json>;
  settled(planned: Json, observed: Json): boolean;
  widen(first: Json, observed: Json, scope: Json): Json;
  phase(from: Json, to: Json): Phase;
  enforce(name: string, to: Json, host: Host): Promise<void>;
  describe(from: Json, to: Json, show: Describing): Description;
  blobs(state: Json): readonly BlobRef[];
  paths(name: string, state: Json): readonly string[];
  notices(name: string, spec: unknown, observed: Json, files: FileReader): Promise<readonly string[]>;
}

export function kind<Spec, State extends Json, Scope extends Json>(k: Kind<Spec, State, Scope>): AnyKind {
  const state = (x: unknown): State => k.state.parse(x);
  return {
    kind: k.kind,
    needs: k.needs,
    leaving: k.leaving,
    parseSpec: (spec) => k.spec.parse(spec),
    scope: (spec) => k.scope(k.spec.parse(spec)),
    // The scope comes from `scope` above, or from an inventory that `scope` once wrote.
    cover: (scope, earlier) => k.cover?.(scope as Scope, earlier as Scope) ?? scope,
    observe: (asked, host) => k.observe(asked as ReadonlyMap<string, Scope>, host),
    belongsToOthers: (name) => k.belongsToOthers?.(name) ?? false,
    hindrance: async (name, to, host) => (await k.hindrance?.(name, state(to), host)) ?? null,
    target: (spec, observed, { first, ...planning }) =>
      k.target(k.spec.parse(spec), state(observed), {
        ...planning,
        ...(first === undefined ? {} : { first: state(first) }),
      }),
    settled: (planned, observed) =>
      k.settled ? k.settled(state(planned), state(observed)) : same(planned, observed),
    widen: (first, observed, scope) => k.widen?.(state(first), state(observed), scope as Scope) ?? first,
    phase: (from, to) => k.phase(state(from), state(to)),
    enforce: (name, to, host) => k.enforce(name, state(to), host),
    describe: (from, to, show) => k.describe(state(from), state(to), show),
    blobs: (s) => k.blobs?.(state(s)) ?? [],
    paths: (name, s) => k.paths?.(name, state(s)) ?? [],
    notices: async (name, spec, observed, files) =>
      (await k.notices?.(name, k.spec.parse(spec), state(observed), files)) ?? [],
  };
}

// ---- resources ------------------------------------------------------------------------------

export type Notify =
  { readonly unit: string; readonly action: 'reload' | 'restart' } | { readonly unit: 'daemon-reload' };

/** What is true of a resource whatever its kind. It outlives the spec: the inventory and the journal keep it. */
export type Envelope = {
  readonly id: Id;
  readonly scope: Json;
  readonly secret: boolean;
  readonly notify: readonly Notify[];
  readonly requires: readonly Id[];
};

/** Where in the state repository a resource was written, for sentences about it. */
export type Origin = { readonly file: string; readonly line: number; readonly column: number };

export type Resource = Envelope & {
  readonly spec: Json;
  /** Command lines, `{file}` standing for the staged copy; each must exit 0 before anything is written. */
  readonly validate: readonly (readonly string[])[];
  /** Paths that others make (kubeadm's ca.crt): until they exist, this resource waits and says for what. */
  readonly waitFor: readonly string[];
  readonly origin: Origin | null;
  /**
   * Where in a secret file's text its secrets stand, as [from, length] in characters: with it a sentence about the file
   * can be kept free of them. Absent: all of the file is secret.
   */
  readonly hidden?: readonly (readonly [from: number, length: number])[];
  /** Of parts of the spec that layers add up (ufw's rules), by their text. */
  readonly origins?: Readonly<Record<string, Origin>>;
};

export const id = (kindName: string, name: string): Id => `${kindName}[${name}]`;
export function parts(of: Id): readonly [kind: string, name: string] {
  const bracket = of.indexOf('[');
  return [of.slice(0, bracket), of.slice(bracket + 1, -1)];
}

/** One spelling for equal values (object keys sorted), so that states can be compared and hashed. */
export function canonical(x: Json): string {
  if (x === null || typeof x !== 'object') {
    if (typeof x === 'number' && !Number.isSafeInteger(x)) throw new TypeError(`not a safe integer: ${x}`);
    return JSON.stringify(x);
  }
  if (Array.isArray(x)) return `[${x.map(canonical).join(',')}]`;
  const entries = Object.entries(x as { readonly [key: string]: Json | undefined })
    .filter((entry): entry is [string, Json] => entry[1] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${canonical(value)}`).join(',')}}`;
}
export const same = (a: Json, b: Json): boolean => canonical(a) === canonical(b);

export type Kinds = ReadonlyMap<string, AnyKind>;

export function kindOf(of: Id, kinds: Kinds): AnyKind {
  const found = kinds.get(parts(of)[0]);
  if (found !== undefined) return found;
  throw new Error(
    `${of}: this release of Holdfast knows no such kind of resource. Install the release that wrote it.`,
  );
}
