import { codeOf } from './file-problem.ts';
import { setKernelParameter } from './kernel-parameters.ts';

/**
 * Sets a kernel parameter. Some ask for a capability that the agent's unit takes away (kernel.kptr_restrict, with EPERM,
 * for CAP_SYS_ADMIN; systemd/sandbox.conf): those are written by a transient unit, as packages are installed by one.
 */
export async function setKernelParameterAnyway(
  key: string,
  value: string,
  run: (argv: readonly string[]) => Promise<unknown>,
  set: typeof setKernelParameter = setKernelParameter,
): Promise<void> {
  try {
    set(key, value);
  } catch (error) {
    if (codeOf(error) !== 'EPERM') throw error;
    await run([...TRANSIENT, 'sysctl', '--quiet', '--write', `${key}=${value}`]);
  }
}

const TRANSIENT = [
  'systemd-run',
  '--quiet',
  '--wait',
  '--collect',
  '--pipe',
  '--service-type=exec',
  '--expand-environment=no',
  '--description=Holdfast: sysctl',
] as const;
