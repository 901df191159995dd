import { answers, type BlockingAsked } from './blocking.ts';
import type { Hearsay } from './hearsay.ts';
import type { Sightings } from './sightings.ts';

/** Why this peer keeps the commit from going any further, at once; a sentence without its full stop. `null`: it does not. */
export function stopOf(
  { name, isBefore }: { readonly name: string; readonly isBefore: boolean },
  said: Hearsay,
  asked: Pick<BlockingAsked, 'commit' | 'nowMs'> & {
    readonly sightings: Sightings;
  },
): string | null {
  const { commit, sightings } = asked;
  const sighting = sightings.get(name);
  const status = sighting?.status ?? null;
  const taken =
    status?.takenBack.find((one) => one.commit === commit) ??
    (sighting?.tookBack?.commit === commit ? sighting.tookBack : undefined);
  if (taken !== undefined) return `${name} took it back: ${taken.why}`;
  const hasIt = status !== null && (status.commit === commit || status.changing === commit);
  if (!hasIt && said.tookBack.has(name)) return `${name} took it back, as other hosts have seen`;
  if (status === null || !answers(sighting, asked.nowMs)) return null;
  if (status.phase === 'stuck' && status.changing === commit)
    return `${name} tried it, and is stuck on its way back`;
  if (isBefore && status.outcome === 'refused' && status.head === commit && status.phase === 'idle')
    return `${name}, whose turn is before this host's, refuses it ("holdfast why" there)`;
  return null;
}
