import type { Finding, Lint, LintedHost } from './lint.ts';
import { KUBEADM, MANIFESTS, podName } from './pod-name.ts';

/** kubelet takes every file of the folder whose name does not begin with a dot, backups too (kubernetes#136962). */
export const manifestLeftovers: Lint = ({ hosts }) => hosts.flatMap(ofHost);

function ofHost(host: LintedHost): readonly Finding[] {
  const names = host.files
    .filter((path) => path.startsWith(`${MANIFESTS}/`))
    .map((path) => path.slice(MANIFESTS.length + 1))
    .filter((name) => !/^\.|\//.test(name));
  // kubeadm's own come first, and are there whether the repository brings them or not.
  const holders = new Map(KUBEADM.map((name) => [name.replace(/\.yaml$/, ''), name]));
  return names.flatMap((name): readonly Finding[] => {
    const pod = podName(host.text(`${MANIFESTS}/${name}`) ?? '');
    const twin = pod === null ? undefined : holders.get(pod);
    if (pod !== null && twin === undefined) holders.set(pod, name);
    if (twin !== undefined && twin !== name)
      return [
        said(
          host,
          name,
          'error',
          `it describes the pod ${pod} as ${twin} does, and kubelet may run either: it takes every file of this folder whose name does not begin with a dot. Keep it in another folder.`,
        ),
      ];
    if (/\.(ya?ml|json)$/.test(name)) return [];
    return [
      said(
        host,
        name,
        'warning',
        'kubelet reads every file of this folder whose name does not begin with a dot, whatever it ends in, and runs it as a pod. Keep it in another folder.',
      ),
    ];
  });
}

const said = (
  { role }: LintedHost,
  name: string,
  severity: Finding['severity'],
  sentence: string,
): Finding => ({
  severity,
  hostname: role.hostname,
  file: `${MANIFESTS}/${name}`,
  line: null,
  sentence,
});
