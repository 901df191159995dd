import type { Candidate } from '../desired/candidate.ts';
import { asCandidate, type Generation } from '../transaction/generations.ts';
import type { Source } from './source.ts';

/** What it is called in plans, in the history and in the journal. */
export const RELEASE = 'the release of this host';

/**
 * `holdfast release`: a desired state that names nothing, so everything leaves and goes back to what was first seen, by
 * the way that leaves every day. It is judged, verified and, if need be, taken back like any other. What the fleet and
 * the health checks know of the cluster stays. Needs neither Git nor templates.
 */
export function sourceAsFirstSeen(committed: Generation, by: string, nowMs: () => number): Source {
  return {
    newest: async ({ accepted }) => ({
      newest: nothingOf(committed),
      head: null,
      ok: true,
      why: null,
      again: { restored: 0, head: accepted, atMs: nowMs(), released: by },
    }),
  };
}

/** A person asks for it, so no emptied file is behind it. */
function nothingOf(committed: Generation): Candidate {
  const { moment: _, terms: ___, warnings: __, ...candidate } = asCandidate(committed);
  return { ...candidate, from: { directory: RELEASE }, resources: [], allowMassRemoval: true };
}
