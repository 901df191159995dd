import type { Lint } from './lint.ts';

const FOLDER = '/etc/kubernetes/manifests/';

/** kubelet takes every file of the folder whose name does not begin with a dot, backups too (kubernetes#136962). */
export const manifestLeftovers: Lint = ({ hosts }) =>
  hosts.flatMap(({ role, files }) =>
    files
      .filter((path) => path.startsWith(FOLDER) && !/^\.|\/|\.(ya?ml|json)$/.test(path.slice(FOLDER.length)))
      .map((file) => ({
        severity: 'warning',
        hostname: role.hostname,
        file,
        line: null,
        sentence:
          'kubelet reads every file of this folder whose name does not begin with a dot, whatever it ends in, and runs it as a pod. Keep it in another folder.',
      })),
  );
