import type { LintProbes } from '../../host/lint-probes.ts';
import { KUBEADM, MANIFESTS, podName } from '../repository/pod-name.ts';
import { hostLint, type Verdict } from './lint.ts';

const LARGEST = 256 * 1024;

/** Each file that kubelet reads there, and the pod that it describes; `null`: it does not say. */
type Facts = { readonly pods: ReadonlyMap<string, string | null> };

/**
 * kubelet loads every file of the folder whose name does not begin with a dot, `.bak` and `~` ones too, and of two
 * that describe one pod either may win (kubernetes#136962): an edit of the other one then changes nothing. Other pods
 * of the user's are nobody's business.
 */
export const strayManifest = hostLint<Facts>({
  about: `what kubelet reads in ${MANIFESTS}`,
  concerns: ({ role, intent }) =>
    role.role !== 'worker' && (intent === null || intent.editsManifest !== null),
  ask: async ({ files }) => {
    const names = ((await files.list(MANIFESTS)) ?? []).filter((name) => !name.startsWith('.'));
    // Where only kubeadm's own are there is nothing to compare.
    if (names.every((name) => KUBEADM.includes(name))) return { pods: new Map() };
    return {
      pods: new Map(await Promise.all(names.map(async (name) => [name, await podIn(name, files)] as const))),
    };
  },
  judge: ({ pods }, { intent }) =>
    [...pods].flatMap(([name, pod]): readonly Verdict[] => {
      const twin = KUBEADM.find((known) => known !== name && pod !== null && pods.get(known) === pod);
      if (KUBEADM.includes(name) || (twin === undefined && (pod !== null || looksRight(name)))) return [];
      const path = `${MANIFESTS}/${name}`;
      const why =
        twin === undefined
          ? `${path} is read by kubelet, too: it takes every file there whose name does not begin with a dot. Move it away: mv ${path} /root/.`
          : `${path} describes the pod ${pod} as ${twin} does, and kubelet may run either: it takes every file there whose name does not begin with a dot. Move it away: mv ${path} /root/.`;
      if (intent === null) return [{ notice: why }];
      const isEdited = twin !== undefined && intent.editsManifest?.includes(`/${twin}]`) === true;
      return isEdited ? [{ refuses: intent.editsManifest, why }] : [];
    }),
});

const looksRight = (name: string): boolean => /\.(ya?ml|json|manifest)$/.test(name);

async function podIn(name: string, files: LintProbes['files']): Promise<string | null> {
  const found = await files.read(`${MANIFESTS}/${name}`).catch(() => null);
  return found === null || found.content.size > LARGEST ? null : podName(files.text(found.content));
}
