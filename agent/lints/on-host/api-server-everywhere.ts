import type { Listener } from '../../host/probes.ts';
import { BALANCERS } from '../repository/balancers.ts';
import { MANIFEST } from './intent.ts';
import { hostLint, type At } from './lint.ts';

type Facts = { readonly listeners: readonly Pick<Listener, 'address' | 'program'>[] };

/**
 * kubeadm's API server listens on every address, the virtual IP included: a load balancer and it exclude each other,
 * whichever comes second (EADDRINUSE, measured). A plan that gives the API server its own address is the way out, and
 * goes on.
 */
export const apiServerEverywhere = hostLint<Facts>({
  about: 'whether the API server leaves the virtual IP to the load balancer',
  concerns: ({ intent }) => intent !== null && intent.bindsVip !== null && intent.editsManifest === null,
  ask: async (probes, { cluster }) => ({ listeners: await probes.listeners(cluster.apiPort) }),
  judge: ({ listeners }, at) => {
    const { cluster, intent } = at;
    const found = listeners.find(({ address, program }) => address === null && !isBalancer(program));
    if (found === undefined || intent?.bindsVip === null || intent === null) return [];
    const { by, balancer } = intent.bindsVip;
    return [
      {
        refuses: by,
        why: `${found.program} listens on *:${cluster.apiPort}, so ${balancer} cannot have ${cluster.vip}:${cluster.apiPort}. ${wayOut(at)}`,
      },
    ];
  },
});

const isBalancer = (program: string | null): boolean =>
  BALANCERS.some(({ unit }) => unit === `${program}.service`);

function wayOut({ role, intent }: At): string {
  const waits = intent?.manifestWaits ?? null;
  if (waits !== null)
    return `What would give the API server this node's address, the entry of ${MANIFEST} under "yaml:", ${waits}. Put that into the manifest, or take it out of the entry.`;
  return `Give the API server this node's address: set --bind-address=${role.address} in ${MANIFEST}, by an entry under "yaml:" in the same commit or by hand.`;
}
