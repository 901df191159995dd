import { parseDocument } from 'yaml';
import * as z from 'zod';
import { MOST_ALIASES, tooMuchYaml } from '../../desired/yaml-limits.ts';
import { KUBELET_YAML } from '../../resources/kubelet-yaml.ts';

/** Where kubelet finds the pods that run without an API server. */
export const MANIFESTS = '/etc/kubernetes/manifests';

/** What kubeadm puts there, each with a pod of its name. */
export const KUBEADM = [
  'kube-apiserver.yaml',
  'kube-controller-manager.yaml',
  'kube-scheduler.yaml',
  'etcd.yaml',
];

const Named = z.object({ metadata: z.object({ name: z.string() }) });

/**
 * Whose manifest it is, in any of the spellings that kubelet takes: YAML 1.1 or JSON, of several documents the first,
 * of a key that stands twice the last. `null`: it names no pod, or is made to be expensive.
 */
export function podName(text: string): string | null {
  if (tooMuchYaml(text) !== null) return null;
  try {
    const document = parseDocument(text, KUBELET_YAML);
    return Named.parse(document.toJS({ maxAliasCount: MOST_ALIASES })).metadata.name;
  } catch {
    return null;
  }
}
