import { formatDiagnostic } from '../desired/diagnostics.ts';
import type { Choice } from '../plan/choose.ts';
import { kindOf, parts } from '../resources/kind.ts';
import type { Describing, Ended } from './status-of.ts';
import type { Status } from './status.ts';

/** What a person should know although nothing has to change. */
export const noticesOf = async (
  ended: Ended,
  before: Status | null,
  tools: Describing,
): Promise<readonly string[]> => [
  ...losses(ended, before),
  ...(await aboutResources(ended.choice, tools)),
  ...(await standing(ended, tools)),
];

/** What this host no longer knows about itself. */
function losses({ lost, committed, found }: Ended, before: Status | null): readonly string[] {
  if (lost !== null) return [lost];
  if (committed !== null || before === null || before.generation === 0) return [];
  const once = found.unverified === true ? '' : ', and any history of the state repository is accepted once';
  return [
    `The state directory was lost: what was first seen on this host is from now on what is found on it today${once}.`,
  ];
}

/** A look that fails changes no outcome. */
async function standing({ choice: { plan } }: Ended, tools: Describing): Promise<readonly string[]> {
  if (plan === null || tools.standing === undefined) return [];
  return tools.standing(plan.of).catch(() => []);
}

/** That one cannot be looked at changes no outcome. */
async function aboutResources({ plan }: Choice, { kinds, host }: Describing): Promise<readonly string[]> {
  if (plan === null) return [];
  const said = await Promise.all(
    plan.of.resources.map(async ({ id, spec }) => {
      const observed = plan.observed.get(id);
      if (observed === undefined) return [];
      return kindOf(id, kinds)
        .notices(parts(id)[1], spec, observed, host.files)
        .catch((cause: unknown) => [`${id}: ${cause instanceof Error ? cause.message : String(cause)}`]);
    }),
  );
  const warnings = (plan.of.warnings ?? []).map((warning) => formatDiagnostic(warning, { colour: false }));
  return [...warnings, ...said.flat()];
}
