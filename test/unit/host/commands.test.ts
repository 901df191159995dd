import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askCommand } from '../../../agent/host/ask-command.ts';
import { CommandFailed } from '../../../agent/host/command-failed.ts';
import type { CommandOptions } from '../../../agent/host/command-options.ts';
import { runCommand } from '../../../agent/host/run-command.ts';
import { waitFor } from '../../support/wait-for.ts';
import { freshFolder } from './fresh-folder.ts';
import { program } from './program.ts';
import { runs } from './runs.ts';

const ways = [
  ['runCommand', (argv: readonly string[], options?: CommandOptions) => runCommand(argv, options)],
  [
    'askCommand',
    async (argv: readonly string[], options?: CommandOptions) => (await askCommand(argv, options)).stdout,
  ],
] as const;

const failure = async (running: Promise<unknown>): Promise<CommandFailed> => {
  const error: unknown = await running.then(
    () => null,
    (e: unknown) => e,
  );
  if (error instanceof CommandFailed) return error;
  throw new Error(`not a CommandFailed: ${String(error)}`);
};

describe.each(ways)('%s', (_, run) => {
  it('gives what was printed, byte for byte, in any script', async () => {
    expect(await run(['printf', '%s', 'Gerät 東\n\n'])).toBe('Gerät 東\n\n');
  });

  it('hands arguments over as they are: no shell reads them', async () => {
    expect(await run(['printf', '%s|', '$HOME', '; reboot', '*', 'a b'])).toBe('$HOME|; reboot|*|a b|');
  });

  it('passes nothing of its own environment on', async () => {
    process.env['HOLDFAST_TEST_SECRET'] = 'x';
    const environment = await run(['env'], { environment: { DEBIAN_FRONTEND: 'noninteractive' } });
    delete process.env['HOLDFAST_TEST_SECRET'];
    expect(environment.trim().split('\n').toSorted()).toEqual([
      'DEBIAN_FRONTEND=noninteractive',
      'LC_ALL=C.UTF-8',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ]);
  });

  it('starts in / and with nothing to read', async () => {
    expect(await run(['pwd'])).toBe('/\n');
    expect(await run(['cat'])).toBe('');
  });

  it('says that there is no such program', async () => {
    const error = await failure(run(['no-such-program', '--check']));
    expect(error.why).toBe('not found');
    expect(error.message).toBe(
      '"no-such-program --check" could not be started: there is no program "no-such-program" on this host. Install the package that brings it.',
    );
  });

  it('says that a script names an interpreter that is missing', async () => {
    const script = join(freshFolder(), 'check');
    writeFileSync(script, '#!/no/such/python\n', { mode: 0o755 });
    const error = await failure(run([script]));
    expect(error.why).toBe('not found');
    expect(error.message).toContain('or the interpreter that its first line names does not');
  });

  it('says that a file is not a program', async () => {
    const file = join(freshFolder(), 'check');
    writeFileSync(file, 'text', { mode: 0o644 });
    const error = await failure(run([file]));
    expect(error.why).toBe('not started');
    expect(error.message).toBe(`"${file}" could not be started (EACCES).`);
  });

  it('says which signal killed it', async () => {
    const error = await failure(run(['sh', '-c', 'echo going >&2; kill -SEGV $$']));
    expect(error.why).toBe('signal');
    expect(error.message).toContain('was killed by SIGSEGV: going');
  });

  it('stops a command that ignores SIGTERM, and says what it printed last', async () => {
    const folder = freshFolder();
    const stubborn = program(
      folder,
      'stubborn',
      `trap '' TERM; echo 'still at it'; while :; do sleep 0.1; done`,
    );
    const error = await failure(run([stubborn], { timeoutMs: 300 }));
    expect(error.why).toBe('time-out');
    expect(error.message).toBe(`"${stubborn}" was still running after 0.3 s and was stopped: still at it`);
  });

  it('stops with it what it had started', async () => {
    const folder = freshFolder();
    const parent = program(
      folder,
      'parent',
      `sh -c 'trap "" TERM; echo $$ > ${folder}/pid; while :; do sleep 0.1; done' & wait`,
    );
    await failure(run([parent], { timeoutMs: 500 }));
    const grandchild = readFileSync(join(folder, 'pid'), 'utf8').trim();
    await waitFor('the grandchild to be gone', () => !runs(grandchild), 5_000);
  });

  it('does not wait for what outlives it and holds its output open', async () => {
    const folder = freshFolder();
    const parent = program(folder, 'parent', `sleep 300 & echo $! > ${folder}/pid; echo done`);
    const started = performance.now();
    expect(await run([parent])).toBe('done\n');
    expect(performance.now() - started).toBeLessThan(10_000);
    const outliving = readFileSync(join(folder, 'pid'), 'utf8').trim();
    expect(runs(outliving)).toBe(true);
    process.kill(Number(outliving));
  });

  it('does not wait on a time-out for what left the group either', async () => {
    const folder = freshFolder();
    const parent = program(folder, 'parent', `setsid sleep 300 & echo $! > ${folder}/pid; sleep 300`);
    const error = await failure(run([parent], { timeoutMs: 300 }));
    expect(error.why).toBe('time-out');
    process.kill(Number(readFileSync(join(folder, 'pid'), 'utf8')));
  });

  it('stops what prints without end', async () => {
    const error = await failure(run(['yes', 'y'.repeat(1000)]));
    expect(error.why).toBe('output');
    expect(error.message.length).toBeLessThan(3000);
  });

  it('reads all of a long answer', async () => {
    expect((await run(['seq', '1', '500000'])).length).toBe(3_388_895);
  });

  it.each([[[]], [['']], [['a\0b']]])('does not take %j for a command', async (argv) => {
    await expect(async () => run(argv)).rejects.toThrow('not a command');
  });
});

describe('a command that fails', () => {
  it('is told in a sentence made of what it printed last', async () => {
    const folder = freshFolder();
    program(folder, 'ufw', 'seq 1 20; echo "ERROR: Could not" >&2; echo "  find it " >&2; exit 1');
    const error = await failure(
      runCommand(['ufw', 'allow', '6443/tcp'], { searchPath: `${folder}:/usr/bin:/bin` }),
    );
    expect(error.message).toBe('"ufw allow 6443/tcp" failed with exit code 1: ERROR: Could not; find it');
    expect(error.ended).toMatchObject({ exitCode: 1, argv: ['ufw', 'allow', '6443/tcp'] });
  });

  it('is told with its output when it says nothing on standard error', async () => {
    const error = await failure(runCommand(['sh', '-c', 'seq 1 20; exit 3']));
    expect(error.message).toBe('"sh -c "seq 1 20; exit 3"" failed with exit code 3: 15; 16; 17; 18; 19; 20');
  });

  it('has an exit code that a question may judge', async () => {
    expect(await askCommand(['sh', '-c', 'echo masked; echo why >&2; exit 4'])).toEqual({
      exitCode: 4,
      stdout: 'masked\n',
      stderr: 'why\n',
    });
  });
});

describe('what a command is given to read', () => {
  it('reaches it', async () => {
    expect(await runCommand(['cat'], { input: 'a secret' })).toBe('a secret');
  });

  it('may be ignored by it', async () => {
    expect(await runCommand(['true'], { input: 'x'.repeat(1_000_000) })).toBe('');
  });
});
