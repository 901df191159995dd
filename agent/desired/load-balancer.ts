import type { Diagnostic } from './diagnostics.ts';
import type { LoadedLayer } from './load.ts';
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

type Asked = {
  readonly balancer: LoadBalancer;
  /** cluster.yaml. */
  readonly source: YamlSource;
  readonly tree: Tree;
  readonly layer: (file: string) => Promise<LoadedLayer>;
};

/**
 * One that was asked for and has no layer would leave every node without any. HAProxy may also be configured in
 * another layer, as it was before there was a choice, and where nobody names a load balancer it may be nobody's
 * business here.
 */
export async function layerMissing(asked: Asked): Promise<readonly Diagnostic[]> {
  const { balancer, source, tree } = asked;
  const file = `roles/${balancer}.yaml`;
  if (!isNamed(source) || (await tree.list('roles')).includes(`${balancer}.yaml`)) return [];
  const isHaproxy = balancer === 'haproxy';
  if (isHaproxy && (await isBrought(CONFIGURATION, asked))) return [];
  const nor = isHaproxy ? `, nor does another layer bring ${CONFIGURATION}` : '';
  const message = `${file} does not exist${nor}, so no node would have a load balancer. Copy it, and what it names under files/, from the template (desired-state/).`;
  return [source.diagnose(['loadBalancer'], message)];
}

const CONFIGURATION = '/etc/haproxy/haproxy.cfg';

const isNamed = ({ value }: YamlSource): boolean =>
  typeof value === 'object' && value !== null && 'loadBalancer' in value;

async function isBrought(path: string, { tree, layer }: Asked): Promise<boolean> {
  const inFolder = async (folder: string): Promise<readonly string[]> =>
    (await tree.list(folder)).filter((name) => name.endsWith('.yaml')).map((name) => `${folder}/${name}`);
  const files = ['defaults.yaml', ...(await inFolder('roles')), ...(await inFolder('hosts'))];
  const layers = await Promise.all(files.map(layer));
  // One with mistakes has its own sentences.
  return layers.some(
    ({ layer: found, diagnostics }) =>
      (found?.value.files?.[path] ?? null) !== null || (found === null && diagnostics.length > 0),
  );
}
