import type { Listener } from '../../host/probes.ts';
import { hostLint } from './lint.ts';

type Facts = { readonly listeners: readonly Pick<Listener, 'address' | 'program'>[] };

/**
 * kubeadm's API server listens on every address, the virtual IP included: HAProxy and it exclude each other, whichever
 * comes second (EADDRINUSE, measured). A plan that gives the API server its own address is the way out, and goes on.
 */
export const apiServerEverywhere = hostLint<Facts>({
  about: 'whether the API server leaves the virtual IP to HAProxy',
  concerns: ({ intent }) => intent !== null && intent.bindsVip !== null && intent.editsManifest === null,
  ask: async (probes, { cluster }) => ({ listeners: await probes.listeners(cluster.apiPort) }),
  judge: ({ listeners }, { cluster, role, intent }) => {
    const found = listeners.find(({ address, program }) => address === null && program !== 'haproxy');
    if (found === undefined || intent?.bindsVip === null || intent === null) return [];
    return [
      {
        refuses: intent.bindsVip,
        why: `${found.program} listens on *:${cluster.apiPort}, so HAProxy cannot have ${cluster.vip}:${cluster.apiPort}. Give the API server this node's address: set --bind-address=${role.address} in /etc/kubernetes/manifests/kube-apiserver.yaml, by an entry under "yaml:" in the same commit or by hand.`,
      },
    ];
  },
});
