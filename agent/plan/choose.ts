import type { Bench } from '../host/host.ts';
import type { Candidate, From } from '../desired/candidate.ts';
import { formatDiagnostic } from '../desired/diagnostics.ts';
import type { Diagnostic } from '../desired/diagnostics.ts';
import type { Id, Kinds } from '../resources/kind.ts';
import type { NotNow, Plan } from './change.ts';
import { hindrances } from './hindrances.ts';
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
  /** Brings the bytes that a plan's states refer to to hand, to be shown and checked; says whose are lost. */
  readonly recall: (plan: Plan) => Promise<readonly NotNow[]>;
  readonly guards: readonly Guard[];
  /** Why a commit's plan is not to be tried again, a sentence; `null`: it is another one. */
  readonly tried: (plan: Plan) => string | null;
  /** What keeps coming back, or failing, and is left alone for a while, and why. */
  readonly contested: (plan: Plan) => ReadonlyMap<Id, string>;
  /** Resources that this cycle must leave alone, and why: it tried them already. */
  readonly held?: ReadonlyMap<Id, string>;
};

/**
 * The newest commit if nothing speaks against it; otherwise the committed generation, whose differences from the
 * host are drift. A refused commit changes nothing, and does not stop drift from being put right.
 */
export async function choose(asked: Choosing): Promise<Choice> {
  const { newest } = asked;
  if (newest === null) return { plan: await enforceCommitted(asked), refused: null };
  const judged =
    'diagnostics' in newest
      ? newest.diagnostics.map((d) => formatDiagnostic(d, { colour: false }))
      : await judge(newest, asked);
  if ('changes' in judged) return { plan: judged, refused: null };
  return { plan: await enforceCommitted(asked), refused: { from: newest.from, reasons: judged } };
}

/** Whatever keeps a commit from being planned speaks against that commit, and must not end the cycle. */
async function judge(candidate: Candidate, asked: Choosing): Promise<Plan | readonly string[]> {
  try {
    const removal = massRemoval(inForce(asked.known), candidate);
    if (removal !== null) return [removal];
    const planned = await planAtHand(candidate, asked, { held: new Map(asked.held), alone: new Map() });
    const tried = asked.tried(planned);
    if (tried !== null) return [tried];
    // A plan of packages alone: nothing else of the commit could be done without them.
    const tooOften = planned.packagesFirst ? notNow(asked.contested(planned)) : [];
    const reasons = [
      ...planned.refused,
      ...tooOften,
      ...(await preflight(planned, asked.bench, asked.guards)),
    ];
    return reasons.length === 0 ? planned : reasons.map((reason) => sentence(reason, candidate));
  } catch (cause) {
    return [`it cannot be planned: ${cause instanceof Error ? cause.message : String(cause)}`];
  }
}

/** Managed and asked for until now. What has left already and could not be put back yet is not taken away again. */
function inForce({ inventory, committed }: Known): readonly Id[] {
  const managed = [...inventory.keys()];
  if (committed === null) return managed;
  const named = new Set(committed.resources.map(({ id }) => id));
  return managed.filter((id) => named.has(id));
}

/**
 * Drift is put right resource by resource: one that cannot be is said, and does not hold back the others. A plan
 * without it is another plan, so it is judged again: a firewall must not be enabled because its rules were held.
 */
async function enforceCommitted(asked: Choosing): Promise<Plan | null> {
  const { known, bench, guards } = asked;
  if (known.committed === null) return null;
  const held = new Map(asked.held);
  const alone = new Map<Id, string>();
  for (;;) {
    const planned = await planAtHand(known.committed, asked, { held, alone });
    // What others fight over is there, if not as it should be: what needs it must not stay down for it.
    if (hold(notNow(asked.contested(planned)), alone)) continue;
    const reasons = await preflight(planned, bench, guards);
    if (reasons.length === 0) return planned;
    // A reason that names nothing that could be held back speaks against everything.
    if (!hold(reasons, held))
      return {
        ...planned,
        changes: [],
        steps: [],
        refused: [...planned.refused, ...reasons.map(({ id, why }) => ({ id, why }))],
      };
  }
}

const notNow = (why: ReadonlyMap<Id, string>): readonly NotNow[] =>
  [...why].map(([id, w]) => ({ id, why: w }));

/** Whether any of these was not held already. */
function hold(reasons: readonly NotNow[], held: Map<Id, string>): boolean {
  const before = held.size;
  for (const { id, why } of reasons) if (!held.has(id)) held.set(id, why);
  return held.size > before;
}

/**
 * A plan whose bytes can all be had, and whose changes can be made as far as that can be tried: a resource whose bytes
 * are lost is held, one that is stuck left out, and both are said.
 */
async function planAtHand(
  candidate: Candidate,
  asked: Choosing,
  leaving: { readonly held: Map<Id, string>; readonly alone: ReadonlyMap<Id, string> },
): Promise<Plan> {
  const stuck = new Map<Id, string>();
  for (;;) {
    const planned = await plan(candidate, asked.known, asked.kinds, asked.bench, { ...leaving, stuck });
    if (hold(await asked.recall(planned), leaving.held)) continue;
    if (!hold(await hindrances(planned.changes, asked.kinds, asked.bench), stuck)) return planned;
  }
}

function sentence({ id, why, at }: NotNow, candidate: Candidate): string {
  const origin = at === undefined ? candidate.resources.find((resource) => resource.id === id)?.origin : at;
  const where = origin ? `${origin.file}:${origin.line}:${origin.column}: ` : '';
  return `${where}${id}: ${why}`;
}
