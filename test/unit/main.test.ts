import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundled } from './host/bundled.ts';

const DESIRED = new URL('../../desired-state', import.meta.url).pathname;
let folder: string;
let program: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  program = bundled(folder, "import './agent/main.ts';");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const holdfast = (out: number | 'pipe', ...argv: readonly string[]) =>
  spawnSync(process.execPath, [program, ...argv], { stdio: ['ignore', out, 'pipe'], encoding: 'utf8' });

describe('what a command answers', () => {
  it.each([['validate', DESIRED], ['--version'], ['validate', '--json', DESIRED]])(
    'to a full disk is no success: %s %s',
    (...argv) => {
      const full = holdfast(openSync('/dev/full', 'w'), ...argv);
      expect(full.stderr.split(/^(?=holdfast: )/m).at(-1)).toBe(
        'holdfast: what this command answers could not be written to standard output (ENOSPC). Free some space there, or send it elsewhere.\n',
      );
      expect(full.status).toBe(1);
    },
  );

  it('to whoever listens is a success', () => {
    const heard = holdfast('pipe', 'validate', DESIRED);
    expect(heard.stdout).toContain('resources');
    expect(heard.status).toBe(0);
  });

  it('to a pipe that its reader closed is the reader’s choice', () => {
    const line = `node=$1 program=$2 state=$3; { "$node" "$program" validate "$state"; echo "exit $?" >&2; } | true`;
    // The reader is gone before the program has started.
    const { stderr } = spawnSync('bash', ['-c', line, 'bash', process.execPath, program, DESIRED], {
      encoding: 'utf8',
    });
    expect(stderr).toMatch(/^exit 0$/m);
    expect(stderr).not.toContain('holdfast: ');
  });
});
