import type { ApiServerFact } from '../../../agent/health/live-fact.ts';
import type { Proof } from '../../../agent/health/live-proof.ts';

/** A proof in one line. */
export function inShort(proof: Proof): string {
  if ('dead' in proof) return `dead: ${proof.dead}`;
  if ('waiting' in proof)
    return `waiting: ${proof.waiting}${proof.excuse === undefined ? '' : ` (excuse: ${proof.excuse})`}`;
  return proof.unproven === undefined ? 'live' : `live, unproven: ${proof.unproven}`;
}

/** An API server that was ready before its manifest changed. */
export const API_FACT: ApiServerFact = {
  apiServer: {
    address: '10.1.1.1',
    apiPort: 6443,
    health: { ca: '/etc/kubernetes/pki/ca.crt', insecure: false },
  },
  processes: ['old'],
  was: 'ready',
  shallRun: true,
  kubelet: 'runs',
};
