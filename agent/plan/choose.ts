import type { Bench } from '../host/host.ts';
import type { Candidate, From } from '../desired/candidate.ts';
import { formatDiagnostic } from '../desired/diagnostics.ts';
import type { Diagnostic } from '../desired/diagnostics.ts';
import type { Kinds } from '../resources/kind.ts';
import type { NotNow, Plan } from './change.ts';
import { massRemoval } from './mass-removal.ts';
import { plan, type Known } from './plan.ts';
import { preflight, type Guard } from './preflight.ts';

/** A commit that is not applied, and every reason. */
export type Refused = { readonly from: From; readonly reasons: readonly string[] };

export type Choice = {
  /** `null`: there is nothing that could be enforced. */
  readonly plan: Plan | null;
  readonly refused: Refused | null;
};

export type Choosing = {
  readonly newest: Candidate | { readonly from: From; readonly diagnostics: readonly Diagnostic[] } | null;
  readonly known: Known;
  readonly kinds: Kinds;
  readonly bench: Bench;
  /** Bytes that a plan's states refer to, brought to hand before they are shown or checked. */
  readonly recall: (plan: Plan) => Promise<void>;
  readonly guards: readonly Guard[];
};

/**
 * The newest commit if nothing speaks against it; otherwise the committed generation, whose differences from the
 * host are drift. A refused commit changes nothing, and does not stop drift from being put right.
 */
export async function choose(asked: Choosing): Promise<Choice> {
  const { newest, known } = asked;
  if (newest === null) return { plan: await enforceCommitted(asked), refused: null };
  const judged =
    'diagnostics' in newest ? newest.diagnostics.map((d) => formatDiagnostic(d, { colour: false })) : await judge(newest, asked);
  if ('changes' in judged) return { plan: judged, refused: null };
  const fallBack = known.committed === null ? null : await enforceCommitted(asked);
  return { plan: fallBack, refused: { from: newest.from, reasons: judged } };
}

async function judge(candidate: Candidate, asked: Choosing): Promise<Plan | readonly string[]> {
  const { known, kinds, bench, recall, guards } = asked;
  const removal = massRemoval(known.inventory.keys(), candidate);
  if (removal !== null) return [removal];
  const planned = await plan(candidate, known, kinds, bench);
  await recall(planned);
  const reasons = [...planned.refused, ...(await preflight(planned, bench, guards))];
  return reasons.length === 0 ? planned : reasons.map((reason) => sentence(reason, candidate));
}

/** Drift is put right resource by resource: one that cannot be is said, and does not hold back the others. */
async function enforceCommitted(asked: Choosing): Promise<Plan | null> {
  const { known, kinds, bench, recall, guards } = asked;
  if (known.committed === null) return null;
  const planned = await plan(known.committed, known, kinds, bench);
  await recall(planned);
  const reasons = await preflight(planned, bench, guards);
  if (reasons.length === 0) return planned;
  return plan(known.committed, known, kinds, bench, new Map(reasons.map(({ id, why }) => [id, why])));
}

function sentence({ id, why }: NotNow, candidate: Candidate): string {
  const origin = candidate.resources.find((resource) => resource.id === id)?.origin;
  const where = origin ? `${origin.file}:${origin.line}:${origin.column}: ` : '';
  return `${where}${id}: ${why}`;
}
