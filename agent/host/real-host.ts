import { askCommand } from './ask-command.ts';
import { openFiles } from './disk-files.ts';
import type { BlobMemory, Host } from './host.ts';
import { readKernelParameter } from './kernel-parameters.ts';
import { rememberingPackages } from './package-answers.ts';
import { setKernelParameterAnyway } from './set-kernel-parameter.ts';
import { sleep } from './sleep.ts';

export type HostOptions = {
  /** Where commands are looked for; default: Debian's for root. */
  readonly searchPath?: string;
};

/** The running system. Only `main.ts` makes one; everything else is handed it, or less. */
export function openHost(blobs: BlobMemory, options: HostOptions = {}): Host {
  const files = openFiles({ path: '/', links: 'ours' }, blobs);
  // execa is a third of all there is to load, and most cycles change nothing.
  const runner = (): Promise<typeof import('./run-command.ts')> => import('./run-command.ts');
  return {
    files,
    live: {
      query: rememberingPackages(
        (argv) => askCommand(argv, options),
        (path) => files.stamp(path),
      ),
      ready: async () => void (await runner()),
      run: async (argv, { timeoutMs } = {}) => {
        const { runCommand } = await runner();
        return runCommand(argv, timeoutMs === undefined ? options : { ...options, timeoutMs });
      },
      kernel: async (key) => readKernelParameter(key),
      setKernel: (key, value) =>
        setKernelParameterAnyway(key, value, async (argv) => (await runner()).runCommand(argv, options)),
      pause: (forMs) => sleep(forMs),
    },
  };
}
