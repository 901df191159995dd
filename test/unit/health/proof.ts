import type { Proof } from '../../../agent/health/live-proof.ts';

/** A proof in one line. */
export function inShort(proof: Proof): string {
  if ('dead' in proof) return `dead: ${proof.dead}`;
  if ('waiting' in proof)
    return `waiting: ${proof.waiting}${proof.excuse === undefined ? '' : ` (excuse: ${proof.excuse})`}`;
  return proof.unproven === undefined ? 'live' : `live, unproven: ${proof.unproven}`;
}
