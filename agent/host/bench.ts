import { chmodSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { endOf } from './ask-command.ts';
import { CommandFailed } from './command-failed.ts';
import { fileProblem } from './file-problem.ts';
import type { Bench, FileOnDisk, FileReader, Reader, Verdict } from './host.ts';
import { sweepLeftovers, temporaryName } from './leftovers.ts';
import { assertPath } from './open-directory.ts';
import { whatIsWrong } from './validator-output.ts';

/**
 * Preflight's view of a host. Validators run on copies under a fresh 0700 folder in `folder`, where every absolute
 * path is mirrored: what a file includes by a relative path stands beside its copy, as it will on the host. The folder
 * is removed whatever happens; what a killed agent left is removed by the next check.
 */
export function openBench(reader: Reader, folder: string): Bench {
  return {
    files: reader.files,
    live: reader.live,
    check: async (argv, path, staged, timeoutMs) => {
      const stage = makeStage(folder);
      try {
        layOut(stage, staged, reader.files);
        return await judge(argv, path, stage, timeoutMs);
      } finally {
        rmSync(stage, { recursive: true, force: true });
      }
    },
  };
}

function makeStage(folder: string): string {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    sweepLeftovers(folder);
    const stage = join(realpathSync(folder), temporaryName());
    mkdirSync(stage, { mode: 0o700 });
    return stage;
  } catch (error) {
    throw fileProblem('make a folder for checks in', folder, error);
  }
}

function layOut(stage: string, staged: ReadonlyMap<string, FileOnDisk>, files: FileReader): void {
  for (const [path, file] of staged) {
    assertPath(path);
    try {
      mkdirSync(dirname(stage + path), { recursive: true, mode: 0o700 });
      writeFileSync(stage + path, files.bytes(file.content), { flag: 'wx', mode: 0o600 });
      // The owner stays root, so a mode never lets in more than it will on the host; no setuid copies.
      chmodSync(stage + path, file.mode & 0o777);
    } catch (error) {
      throw fileProblem('lay out for a check', path, error);
    }
  }
}

async function judge(
  argv: readonly string[],
  path: string,
  stage: string,
  timeoutMs: number,
): Promise<Verdict> {
  assertPath(path);
  const command = argv.map((word) => word.replaceAll('{file}', stage + path));
  const ended = await endOf(command, { timeoutMs, leavesNothing: true });
  if (ended.exitCode === 0 && ended.timedOutAfterMs === null && !ended.tooMuchOutput) return { ok: true };
  const real = (text: string): string => text.replaceAll(stage, '');
  const wrong = whatIsWrong(real(ended.stderr.trim() === '' ? ended.stdout : ended.stderr));
  const printed = wrong.length < 2 ? wrong.join('') : wrong.map((line) => `\n  ${line}`).join('');
  return { ok: false, why: new CommandFailed({ ...ended, argv: command.map(real) }, printed).message };
}
