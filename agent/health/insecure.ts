import type { Cluster } from '../desired/cluster.ts';

/** To be said at every change; `null`: nothing to warn of. */
export const insecureWarning = ({ health }: Pick<Cluster, 'health'>): string | null =>
  health.insecure
    ? 'health.insecure is true: whoever answers at the virtual IP counts as the API server, and nobody notices a wrong certificate. Remove it from cluster.yaml.'
    : null;
