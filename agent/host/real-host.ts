import { askCommand } from './ask-command.ts';
import { openFiles } from './disk-files.ts';
import type { BlobMemory, Host } from './host.ts';
import { readKernelParameter, setKernelParameter } from './kernel-parameters.ts';

export type HostOptions = {
  /** Where commands are looked for; default: Debian's for root. */
  readonly searchPath?: string;
};

/** The running system. Only `main.ts` makes one; everything else is handed it, or less. */
export function openHost(blobs: BlobMemory, options: HostOptions = {}): Host {
  return {
    files: openFiles({ path: '/', links: 'ours' }, blobs),
    live: {
      query: (argv) => askCommand(argv, options),
      run: async (argv, { timeoutMs } = {}) => {
        const { runCommand } = await loadRunner();
        return runCommand(argv, timeoutMs === undefined ? options : { ...options, timeoutMs });
      },
      kernel: async (key) => readKernelParameter(key),
      setKernel: async (key, value) => setKernelParameter(key, value),
    },
  };
}

/**
 * execa is a third of what there is to load, and most cycles change nothing. The daemon loads it when it starts, so
 * that an upgrade of the program under its feet cannot take it away in the middle of a change.
 */
export const loadRunner = (): Promise<typeof import('./run-command.ts')> => import('./run-command.ts');
