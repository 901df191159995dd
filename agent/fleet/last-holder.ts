import type { Cluster } from '../desired/cluster.ts';
import { givenUp } from '../health/given-up.ts';
import { holds } from '../health/vip-owner.ts';
import type { Probes } from '../host/probes.ts';
import type { Plan } from '../plan/change.ts';
import { isUnreachable, type PeerAnswers } from './peers.ts';

const REACHED_MS = 1_000;

export type Asking = {
  readonly probes: Pick<Probes, 'addresses' | 'tcp'>;
  readonly ask: (cluster: Cluster, me: string) => Promise<PeerAnswers>;
};

/**
 * Why nobody would have the virtual IP once this host has given up its part, a clause for each other node; `null`:
 * somebody would, or this host does not have it. A node counts whose API server answers and that was not released: one
 * whose keepalived is down all the same is noticed by the gate.
 */
export async function lastHolder(plan: Plan, { probes, ask }: Asking): Promise<readonly string[] | null> {
  const cluster = plan.of.cluster as unknown as Cluster;
  const { hostname } = plan.of.role;
  if (!givenUp(plan).includes('vrrp') || !holds(probes, cluster.interface, cluster.vip)) return null;
  const others = cluster.nodes.filter(({ name }) => name !== hostname);
  const answers = await ask(cluster, hostname);
  const why = await Promise.all(
    others.map(async ({ name, address }) => {
      const answer = answers.get(name);
      if (answer !== undefined && !isUnreachable(answer) && answer.outcome === 'released')
        return `${name} was released`;
      const seen = await probes.tcp(address, cluster.apiPort, REACHED_MS);
      return seen === 'open' ? null : `the API server of ${name} does not answer (${seen.failed})`;
    }),
  );
  return why.includes(null) ? null : why.filter((one) => one !== null);
}
