import * as z from 'zod';
import type { Json, StateDirectory } from '../host/host.ts';
import type { Managed } from '../plan/change.ts';
import type { AcceptedByHand, Commit, LastChange } from '../report/status.ts';
import type { Id } from '../resources/kind.ts';

const FILE = 'ledger.json';

/** What a plan would have to hold all of, to be the one that failed: `to` is a digest of the state. */
export type Pair = { readonly id: Id; readonly to: string };

/** Changes that were taken back: a plan that holds all of them again is refused. */
export type Quarantined = {
  readonly tx: number;
  readonly atMs: number;
  readonly of: string;
  readonly commit: Commit | null;
  /** Why it was taken back, a clause. */
  readonly why: string;
  readonly pairs: readonly Pair[];
};

/**
 * `holdfast rollback`: the generation that it brought back stays until there is a newer commit than `head`. `released`:
 * what `holdfast release` put back stays, whatever is committed, until somebody resumes; it says who asked for it.
 */
export type Pinned = {
  readonly restored: number;
  readonly head: string | null;
  readonly atMs: number;
  readonly released?: string;
};

/** What outlives every cycle, in one file that is replaced atomically. */
export type Ledger = {
  /** The last transaction that has ended. */
  readonly tx: number;
  /** The generation in force; 0 before the first. */
  readonly generation: number;
  /** The newest commit whose history was accepted: only its descendants are, without `holdfast accept`. */
  readonly accepted: string | null;
  /** The last that a person accepted. */
  readonly acceptedByHand: AcceptedByHand | null;
  /** Whether the virtual IP has ever answered, as far as this host knows. */
  readonly everWell: boolean;
  /** Managed resources and what they were when first seen. */
  readonly inventory: ReadonlyMap<Id, Managed>;
  readonly quarantine: readonly Quarantined[];
  readonly pinned: Pinned | null;
  /** The last transactions, oldest first. */
  readonly history: readonly LastChange[];
};

export const NEW_LEDGER: Ledger = {
  tx: 0,
  generation: 0,
  accepted: null,
  acceptedByHand: null,
  everWell: false,
  inventory: new Map(),
  quarantine: [],
  pinned: null,
  history: [],
};

const id = z.string().regex(/^[^[\]]+\[.+\]$/s) as unknown as z.ZodType<Id>;
const json = z.json() as unknown as z.ZodType<Json>;
const notify = z.union([
  z.strictObject({ unit: z.string(), action: z.enum(['reload', 'restart']) }),
  z.strictObject({ unit: z.literal('daemon-reload') }),
]);
const managed = z.strictObject({
  id,
  scope: json,
  secret: z.boolean(),
  notify: z.array(notify),
  requires: z.array(id),
  first: json,
});
const commit = z.object({ sha: z.string(), author: z.string(), subject: z.string() });
const quarantined = z.strictObject({
  tx: z.int(),
  atMs: z.number(),
  of: z.string(),
  commit: commit.nullable(),
  why: z.string(),
  pairs: z.array(z.strictObject({ id, to: z.string() })),
});
const acceptedByHand = z.strictObject({
  commit,
  by: z.string(),
  atMs: z.number(),
  unsigned: z.string().nullable(),
});
const pinned = z.strictObject({
  restored: z.int(),
  head: z.string().nullable(),
  atMs: z.number(),
  released: z.string().exactOptional(),
});
/** What an earlier release did not write yet is as on a new host; what it wrote and nobody reads any more goes. */
const onDisk = z.object({
  version: z.literal(1),
  tx: z.int().nonnegative().default(0),
  generation: z.int().nonnegative(),
  accepted: z.string().nullable(),
  acceptedByHand: acceptedByHand.nullable().default(null),
  everWell: z.boolean().default(false),
  inventory: z.array(managed),
  quarantine: z.array(quarantined).default([]),
  pinned: pinned.nullable().default(null),
  // Only ever shown; a part of it that is odd is no reason to stop.
  history: z.array(z.custom<LastChange>()).default([]),
});

/** The state directory is damaged: reported, never guessed at. */
export class LedgerDamaged extends Error {
  override readonly name = 'LedgerDamaged';
}

export async function readLedger(state: StateDirectory): Promise<Ledger> {
  const bytes = await state.read(FILE);
  if (bytes === null) return NEW_LEDGER;
  try {
    const { version: _, inventory, ...rest } = onDisk.parse(JSON.parse(new TextDecoder().decode(bytes)));
    return { ...rest, inventory: new Map(inventory.map((entry) => [entry.id, entry as Managed])) };
  } catch (cause) {
    const why = cause instanceof z.ZodError ? firstIssue(cause) : String(cause);
    throw new LedgerDamaged(
      `${state.path}/${FILE} cannot be understood (${why}). Nothing is changed until it can: ` +
        `put it back from a backup, or move it away to start as on a new host (what Holdfast found at first is then forgotten).`,
    );
  }
}

function firstIssue({ issues: [first] }: z.ZodError): string {
  return `${first?.path.join('.') || 'the whole'}: ${first?.message ?? 'not as expected'}`;
}

export async function writeLedger(state: StateDirectory, ledger: Ledger): Promise<void> {
  const text = JSON.stringify({ version: 1, ...ledger, inventory: [...ledger.inventory.values()] });
  await state.replace(FILE, text);
}
