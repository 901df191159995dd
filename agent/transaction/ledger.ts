import * as z from 'zod';
import type { Json, StateDirectory } from '../host/host.ts';
import type { Managed } from '../plan/change.ts';
import type { Id, Notify } from '../resources/kind.ts';

const FILE = 'ledger.json';

/** What outlives every cycle, in one file that is replaced atomically. */
export type Ledger = {
  /** The generation in force; 0 before the first. */
  readonly generation: number;
  /** The newest commit whose history was accepted: only its descendants are, without `holdfast accept`. */
  readonly accepted: string | null;
  /** Managed resources and what they were when first seen. */
  readonly inventory: ReadonlyMap<Id, Managed>;
  /**
   * Refreshes that a change announced before its first effect and has not been seen to finish. A file that is in
   * place already would not ask for its reload again.
   */
  readonly due: readonly Notify[];
};

export const NEW_LEDGER: Ledger = { generation: 0, accepted: null, inventory: new Map(), due: [] };

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
const onDisk = z.strictObject({
  version: z.literal(1),
  generation: z.int().nonnegative(),
  accepted: z.string().nullable(),
  inventory: z.array(managed),
  due: z.array(notify),
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
