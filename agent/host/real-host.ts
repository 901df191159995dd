import { askCommand } from './ask-command.ts';
import { openFiles } from './disk-files.ts';
import type { BlobMemory, Host } from './host.ts';
import { readKernelParameter, setKernelParameter } from './kernel-parameters.ts';
import { runCommand } from './run-command.ts';

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
      run: (argv, { timeoutMs } = {}) =>
        runCommand(argv, timeoutMs === undefined ? options : { ...options, timeoutMs }),
      kernel: async (key) => readKernelParameter(key),
      setKernel: async (key, value) => setKernelParameter(key, value),
    },
  };
}
