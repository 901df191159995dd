import { isDeepStrictEqual } from 'node:util';
import type { BlobRef } from '../host/host.ts';
import type { Probes } from '../host/probes.ts';
import type { Change, Plan } from '../plan/change.ts';
import { parts } from '../resources/kind.ts';

/** Where kubeadm puts it, and where kubelet finds it: a static pod. */
export const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';

/** Whether the API server has a manifest before and after. */
export type ManifestChange = { readonly had: boolean; readonly has: boolean };

/** The file's bytes, or values in it: two kinds of resource can change it. */
const ofManifest = ({ changes }: Pick<Plan, 'changes'>): Change | undefined =>
  changes.find(({ id }) => {
    const [kind, name] = parts(id);
    return (kind === 'file' || kind === 'yaml') && name === MANIFEST;
  });

export const touchesManifest = (plan: Pick<Plan, 'changes'>): boolean => ofManifest(plan) !== undefined;

/**
 * What kubelet will act upon; `null`: nothing. It starts a static pod anew when what the file says has changed (its
 * UID is a hash of the decoded pod: kubelet, config/common.go), so not for a comment, another order of keys, or a
 * mode: then the old API server is the right one.
 */
export async function manifestChange(
  plan: Pick<Plan, 'changes'>,
  files: Pick<Probes['files'], 'text'>,
): Promise<ManifestChange | null> {
  const change = ofManifest(plan);
  if (change === undefined) return null;
  if (parts(change.id)[0] === 'yaml') return { had: true, has: true };
  const [before, after] = [contentOf(change.from), contentOf(change.to)];
  if (before === null || after === null)
    return before === after ? null : { had: before !== null, has: after !== null };
  return (await saysTheSame(before, after, files)) ? null : { had: true, has: true };
}

const contentOf = (state: Change['to']): BlobRef | null =>
  typeof state === 'object' && state !== null && 'content' in state
    ? (state['content'] as unknown as BlobRef)
    : null;

async function saysTheSame(
  a: BlobRef,
  b: BlobRef,
  { text }: Pick<Probes['files'], 'text'>,
): Promise<boolean> {
  if (a.sha256 === b.sha256) return true;
  const [{ parse }, { KUBELET_YAML }] = await Promise.all([
    import('yaml'),
    import('../resources/kubelet-yaml.ts'),
  ]);
  try {
    return isDeepStrictEqual(parse(text(a), KUBELET_YAML), parse(text(b), KUBELET_YAML));
  } catch {
    // One that cannot be read is for kubelet to judge, and for whoever waits for what it makes of it.
    return false;
  }
}
