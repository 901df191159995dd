import type { Diagnostic } from './diagnostics.ts';
import type { Tree } from './tree.ts';
import type { YamlSource } from './yaml-source.ts';

/** What may stand in front of the API servers. Each has a layer of its own, `roles/NAME.yaml`, and a unit of its name. */
export const LOAD_BALANCERS = ['haproxy', 'nginx'] as const;
export type LoadBalancer = (typeof LOAD_BALANCERS)[number];

/** A cluster that an older release wrote down names none, and has HAProxy. */
export const balancerUnit = ({
  loadBalancer = 'haproxy',
}: {
  readonly loadBalancer?: LoadBalancer;
}): string => `${loadBalancer}.service`;

/**
 * One that was asked for and has no layer would leave every node without any. HAProxy may also be configured in
 * roles/control-plane.yaml, as it was before there was a choice.
 */
export async function layerMissing(
  balancer: LoadBalancer,
  source: YamlSource,
  tree: Tree,
): Promise<readonly Diagnostic[]> {
  const file = `roles/${balancer}.yaml`;
  if (balancer === 'haproxy' || (await tree.list('roles')).includes(`${balancer}.yaml`)) return [];
  const message = `${file} does not exist, so no node would have a load balancer. Copy it, and what it names under files/, from the template (desired-state/).`;
  return [source.diagnose(['loadBalancer'], message)];
}
