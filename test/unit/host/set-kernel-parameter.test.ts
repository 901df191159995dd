import { expect, it } from 'vitest';
import { FileProblem } from '../../../agent/host/file-problem.ts';
import { setKernelParameterAnyway } from '../../../agent/host/set-kernel-parameter.ts';

const refusing = (code: string) => () => {
  throw new FileProblem('kernel.kptr_restrict', `Cannot set the kernel parameter (${code}).`, code);
};

it('a kernel parameter that the unit may not write is written by a transient unit', async () => {
  const ran: (readonly string[])[] = [];
  const run = async (argv: readonly string[]): Promise<void> => void ran.push(argv);
  await setKernelParameterAnyway('kernel/kptr_restrict', '2', run, refusing('EPERM'));
  expect(ran.map((argv) => argv.join(' '))).toEqual([
    'systemd-run --quiet --wait --collect --pipe --service-type=exec --expand-environment=no --description=Holdfast: sysctl sysctl --quiet --write kernel/kptr_restrict=2',
  ]);
});

it('anything else that is wrong with it is said, and nobody is asked for help', async () => {
  const run = (): never => expect.unreachable();
  for (const code of ['EINVAL', 'ENOENT', 'EROFS'])
    await expect(setKernelParameterAnyway('net/x', '1', run, refusing(code))).rejects.toThrow(code);
  await setKernelParameterAnyway('net/x', '1', run, () => undefined);
});
