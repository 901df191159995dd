import type { Candidate } from '../desired/candidate.ts';
import type { Cluster } from '../desired/cluster.ts';
import type { BlobRef } from '../host/host.ts';
import { parts, type Resource } from '../resources/kind.ts';
import { blobRefsIn } from '../transaction/generations.ts';
import type { ClusterWide } from './lockstep.ts';

/** The text of a blob; `null`: its bytes are lost. */
export type TextOf = (blob: BlobRef) => Promise<string | null>;

/**
 * What a desired state says of what all hosts must agree on. No record of the password is kept for it, not even a
 * digest: eight characters are soon guessed. It is read where it has to be anyway, in the rendered configuration,
 * whose bytes lie in the state directory for root alone.
 */
export async function clusterWideIn(
  { cluster, resources }: Pick<Candidate, 'cluster' | 'resources'>,
  textOf: TextOf,
): Promise<ClusterWide> {
  // Plain data on its way through generations, and a Cluster all along.
  const { vip, vrrp, nodes } = cluster as unknown as Cluster;
  return { vip, vrrp, nodes, authPass: await authPassIn(resources, textOf) };
}

async function authPassIn(resources: readonly Resource[], textOf: TextOf): Promise<ClusterWide['authPass']> {
  const blobs = resources
    .filter(({ id }) => parts(id)[0] === 'file' && parts(id)[1].startsWith('/etc/keepalived/'))
    .flatMap(({ spec }) => blobRefsIn(spec));
  const texts = await Promise.all(blobs.map(textOf));
  if (texts.length === 0 || texts.includes(null)) return undefined;
  const found = texts.flatMap((text) =>
    [...(text ?? '').matchAll(/^[^#!\n]*\bauth_pass\s+"?([^\s"#!]+)/gm)].map(([, password]) => password),
  );
  return found.length === 0 ? null : found.join(' ');
}
