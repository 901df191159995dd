import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensureRepository } from '../../../agent/host/git-repository.ts';
import { GitFailed, gitRunner } from '../../../agent/host/git-run.ts';
import { marksOf, Origin, temporaryFolder } from '../../support/git-fixture.ts';

async function runner() {
  const source = join(temporaryFolder(), 'source');
  const directory = join(source, 'repository.git');
  await ensureRepository(source, new Origin().remote);
  return { directory, run: gitRunner(directory, join(source, 'home')) };
}

/** Waits for its input, which never comes. */
const FOREVER = ['cat-file', '--batch'] as const;

const failure = async (call: Promise<unknown>): Promise<GitFailed> => {
  const problem = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (problem instanceof GitFailed) return problem;
  throw new Error(`expected a GitFailed: ${String(problem)}`);
};

describe('running Git', () => {
  it('ends it in time and says how long it was given', async () => {
    const { run, directory } = await runner();
    const failed = await failure(run.text(FOREVER, { timeoutMs: 200 }));
    expect(failed.timedOutAfterMs).toBe(200);
    expect(failed.message).toBe('"git cat-file" was ended: it took longer than 0.2 s.');
    expect(marksOf(directory)).toEqual([]);
  });

  it('does not take a Git that somebody killed for one that succeeded', async () => {
    const { run, directory } = await runner();
    const failing = failure(run.text(FOREVER, { timeoutMs: 15_000 }));
    await expect.poll(() => pids(directory), { interval: 10 }).toHaveLength(1);
    for (const pid of pids(directory)) process.kill(pid, 'SIGKILL');
    expect(await failing).toMatchObject({ exitCode: null, timedOutAfterMs: null });
  });

  it('does not take a Git that fails without a word for one that succeeded', async () => {
    const { run } = await runner();
    const failed = await failure(run.text(['config', '--get', 'not.there'], { timeoutMs: 15_000 }));
    expect(failed).toMatchObject({ exitCode: 1, stderr: '' });
  });

  it('shows no password, even where its message is cut off in the middle of an address', () => {
    const behind = `git.home/a ${'.'.repeat(8192 - 'ret@git.home/a '.length)}`;
    const failed = new GitFailed('fetch', 128, `fatal: https://u:secret@${behind}`, null);
    expect(failed.stderr).toContain('git.home/a');
    expect(failed.stderr).not.toContain('ret@');
  });

  it('looks through what a server says without end, and is done', () => {
    for (const said of ['a', 'https://', 'a://', 'x y://z?'])
      expect(new GitFailed('fetch', 128, said.repeat(4_000_000), null).stderr.length).toBeLessThan(8193);
    const lines = `fatal: https://u:secret@${'x'.repeat(64 * 1024 - 4)}\nthe end`;
    expect(new GitFailed('fetch', 128, lines, null).stderr).toBe('the end');
  });

  it('has no connection to anybody unless a remote is named', async () => {
    const { run } = await runner();
    const failed = await failure(run.text(['ls-remote', 'origin'], { timeoutMs: 15_000 }));
    expect(failed.stderr).toContain("transport 'file' not allowed");
  });
});

function pids(directory: string): readonly number[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
      return environment.includes(`HOLDFAST_GIT=${directory}|`) ? [Number(pid)] : [];
    } catch {
      return []; // not a process, or gone in the meantime
    }
  });
}
