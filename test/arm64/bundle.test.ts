import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** `validate` and `render` of the program as it is built, under Debian's node for arm64 in an emulator: what it says there is what it says here. */

const TOP = new URL('../..', import.meta.url).pathname;
const work = mkdtempSync(join(tmpdir(), 'holdfast-arm64-'));
const bundle = join(work, 'dist/tree/usr/lib/holdfast/holdfast.cjs');
const here = [process.execPath];
let arm64: readonly string[];

beforeAll(() => {
  arm64 = execFileSync(join(TOP, 'scripts/arm64.sh'), { encoding: 'utf8' }).trim().split('\n');
  execFileSync('node', ['scripts/build.mjs', join(work, 'dist')], { cwd: TOP });
  // With a mistake, and without one; no Git about them.
  for (const name of ['well', 'wrong'])
    cpSync(join(TOP, 'desired-state'), join(work, name), { recursive: true });
  const wrong = join(work, 'wrong/cluster.yaml');
  writeFileSync(wrong, readFileSync(wrong, 'utf8').replace(/^vip: /m, 'vipp: '));
}, 300_000);
afterAll(() => rmSync(work, { recursive: true }));

type Said = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

async function holdfast(node: readonly string[], ...argv: readonly string[]): Promise<Said> {
  const [program, ...before] = node as readonly [string, ...string[]];
  const options = { cwd: work, env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' } };
  try {
    const { stdout, stderr } = await promisify(execFile)(program, [...before, bundle, ...argv], options);
    return { exitCode: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { exitCode: code, stdout, stderr };
  }
}

test('the emulated node is one for arm64', async () => {
  const [program, ...before] = arm64 as readonly [string, ...string[]];
  const { stdout } = await promisify(execFile)(program, [...before, '--print', 'process.arch']);
  expect(stdout).toBe('arm64\n');
});

describe('on arm64 as on this machine', () => {
  test.each([
    ['well', 0, /3 {2}13 resources|every host would apply this/],
    ['wrong', 1, /vipp: unknown key\. Did you mean "vip"\?/],
  ])('validate judges a repository that is %s', async (name, exitCode, says) => {
    const [there, expected] = [
      await holdfast(arm64, 'validate', name),
      await holdfast(here, 'validate', name),
    ];
    expect(there).toEqual(expected);
    expect(there.exitCode).toBe(exitCode);
    expect(`${there.stdout}${there.stderr}`).toMatch(says);
  });

  test.each([1, 3])('render writes the files of host %i, byte for byte', async (n) => {
    const host = `kubernetes-node-${n}`;
    const render = (node: readonly string[], out: string): Promise<Said> =>
      holdfast(node, 'render', 'well', '--host', host, '--out', out);
    const there = await render(arm64, `there-${n}`);
    const expected = await render(here, `here-${n}`);
    expect(there).toEqual({ ...expected, stdout: expected.stdout.replaceAll(`here-${n}`, `there-${n}`) });
    expect(there.exitCode).toBe(0);
    expect(filesIn(`there-${n}`)).toEqual(filesIn(`here-${n}`));
    expect(filesIn(`there-${n}`).length).toBeGreaterThan(3);
  });
});

/** Paths with their contents. */
function filesIn(folder: string): readonly string[] {
  const found = readdirSync(join(work, folder), { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return `${path.slice(join(work, folder).length)}\n${readFileSync(path, 'utf8')}`;
    })
    .sort();
}
