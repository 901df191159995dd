/** Where kubelet finds the pods that run without an API server. */
export const MANIFESTS = '/etc/kubernetes/manifests';

/** What kubeadm puts there, each with a pod of its name. */
export const KUBEADM = [
  'kube-apiserver.yaml',
  'kube-controller-manager.yaml',
  'kube-scheduler.yaml',
  'etcd.yaml',
];

/** metadata.name as kubeadm and everybody write it; reading all of YAML for it would weigh more than it is worth. */
export function podName(text: string): string | null {
  const metadata =
    /^metadata:[ \t]*\r?\n((?:[ \t]+.*\r?\n?|[ \t]*#.*\r?\n?|\s*\r?\n)*)/m.exec(text)?.[1] ?? '';
  const indent = /^([ \t]{1,64})\S/m.exec(metadata)?.[1];
  if (indent === undefined) return null;
  return new RegExp(`^${indent}name:[ \\t]*["']?([^"'\\s#]+)`, 'm').exec(metadata)?.[1] ?? null;
}
