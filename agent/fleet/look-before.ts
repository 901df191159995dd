import type { Cluster } from '../desired/cluster.ts';
import type { Before, Health } from '../health/health.ts';
import type { Plan } from '../plan/change.ts';

/**
 * How this host is before a change that may move the virtual IP: what the old address did is what the new one has to
 * do. Otherwise it would be excused, because it did not answer before.
 */
export async function lookBefore(plan: Plan, before: Cluster, health: Health | null): Promise<Before | null> {
  if (health === null) return null;
  // Plain data on its way through generations, and a Cluster all along.
  const cluster = plan.of.cluster as unknown as Cluster;
  const as = (vip: string): Plan => ({ ...plan, of: { ...plan.of, cluster: { ...cluster, vip } } });
  const seen = await health.look(as(before.vip));
  if (before.vip === cluster.vip) return seen;
  const renamed = (text: string): string => text.replaceAll(before.vip, cluster.vip);
  const { baseline } = seen.gate;
  return {
    ...seen,
    back: { facts: seen.facts, gate: seen.gate },
    facts: { ...seen.facts, cluster },
    gate: {
      ...seen.gate,
      baseline: {
        passed: baseline.passed.map(renamed),
        failed: baseline.failed.map((one) => ({ ...one, id: renamed(one.id) })),
      },
    },
  };
}
