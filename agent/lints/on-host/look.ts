import type { LintProbes } from '../../host/lint-probes.ts';
import { HOST_LINTS } from './index.ts';
import type { At } from './lint.ts';

/** How things stand, without a plan: sentences for a person. What cannot be looked at is left out until the next look. */
export async function look(
  at: At & { readonly intent: null },
  probes: LintProbes,
): Promise<readonly string[]> {
  const lints = HOST_LINTS.filter((lint) => lint.concerns(at));
  const verdicts = await Promise.all(
    lints.map(async (lint) => {
      try {
        return (await lint.look(probes, at))(at);
      } catch {
        return [];
      }
    }),
  );
  return verdicts.flat().flatMap((verdict) => ('notice' in verdict ? [verdict.notice] : []));
}
