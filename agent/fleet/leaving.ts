import type { Sighting } from './sightings.ts';

/** Why a host keeps all from moving, a clause after its name. `isSkipped`: it has been silent for so long that it does not. */
export type NotReady = { readonly why: string; readonly isSkipped: boolean; readonly isSkewed?: boolean };

/**
 * A node that is taken out changes nothing by itself, and those that stay do not speak to it afterwards: it would hear
 * nobody and take the virtual IP. A person takes its part in VRRP away before. `null`: that has been done.
 */
export function notGone(
  sighting: Sighting | undefined,
  { nowMs, unreachableMs }: { readonly nowMs: number; readonly unreachableMs: number },
): NotReady | null {
  if (sighting !== undefined && sighting.silent === null && sighting.status !== null)
    return sighting.status.outcome === 'released' ? null : { why: STILL_THERE, isSkipped: false };
  const silentMs = sighting?.silent ? nowMs - sighting.silent.sinceMs : 0;
  const why = `is taken out and does not answer (${sighting?.silent?.why ?? 'it has not been asked yet'})`;
  return { why, isSkipped: silentMs >= unreachableMs };
}

const STILL_THERE =
  'is taken out and still has its part in the virtual IP ("sudo holdfast release" there, or switch it off)';
