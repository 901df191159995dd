import { execFile, execFileSync } from 'node:child_process';
import {
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/**
 * The program as it is built, under Debian's node for arm64: what it says and writes there is what it says and writes
 * here. On a machine that is not for arm64 that node is emulated.
 */

const TOP = new URL('../..', import.meta.url).pathname;
const work = mkdtempSync(join(tmpdir(), 'holdfast-arm64-'));
const bundle = join(work, 'dist/tree/usr/lib/holdfast/holdfast.cjs');
const here = [process.execPath];
const arm64: readonly [string, string] = [join(TOP, 'scripts/arm64.sh'), 'node'];

beforeAll(() => {
  execFileSync(arm64[0], ['prepare'], { stdio: ['ignore', 'ignore', 'inherit'] });
  execFileSync('node', ['scripts/build.mjs', join(work, 'dist')], { cwd: TOP });
  // No Git about them.
  stateRepository('well', (text) => text);
  stateRepository('wrong', (text) => text.replace(/^vip: /m, 'vipp: '));
  // As the template is shipped nobody can read its password, and a card has no key.
  stateRepository('clear', (text) => text.replace(/authPass: .*/, 'authPass: image123'));
  for (const name of ['card-there', 'card-here']) card(join(work, name));
}, 900_000);
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

test('the node asked is one for arm64', async () => {
  const [program, ...before] = arm64;
  const { stdout } = await promisify(execFile)(program, [...before, '--print', 'process.arch']);
  expect(stdout).toBe('arm64\n');
});

describe('on arm64 as on this machine', () => {
  test.each([
    ['well', 0, /BACKUP +98 +10\.1\.1\.3 +\d+ resources/],
    ['wrong', 1, /vipp: unknown key\. Did you mean "vip"\?/],
  ])('validate judges a repository that is %s', async (name, exitCode, says) => {
    const { there } = await both((node) => holdfast(node, 'validate', name));
    expect(there.exitCode).toBe(exitCode);
    expect(`${there.stdout}${there.stderr}`).toMatch(says);
  });

  test('render writes the files of a host, byte for byte', async () => {
    const { there } = await both((node, out) =>
      holdfast(node, 'render', 'well', '--host', 'kubernetes-node-3', '--out', `${out}-files`),
    );
    expect(there.exitCode).toBe(0);
    expect(filesIn('card-there-files')).toEqual(filesIn('card-here-files'));
    expect(filesIn('card-there-files').length).toBeGreaterThan(3);
  });

  test('plan --root shows what a card would get, and changes nothing on it', async () => {
    const before = filesIn('card-there');
    const { there } = await both((node, root) => onCard(node, 'plan', root));
    expect(there).toMatchObject({
      exitCode: 2,
      stdout: expect.stringMatching(/^kubernetes-node-2 \(BACKUP, priority 99\)/) as string,
    });
    expect(there.stdout).toContain(
      'unit[keepalived.service]: it needs a running system, and waits for the first boot',
    );
    expect(filesIn('card-there')).toEqual(before);
  });

  test('converge --root writes it, and the plan after it is empty', async () => {
    const { there } = await both((node, root) => onCard(node, 'converge', root));
    expect(there.exitCode).toBe(0);
    expect(filesIn('card-there')).toEqual(filesIn('card-here'));
    expect(filesIn('card-there').join('\n')).toMatch(
      /^\/etc\/systemd\/system\/keepalived.service.d\/vip.conf 100644$/m,
    );
    expect((await onCard(arm64, 'plan', 'card-there')).exitCode).toBe(0);
  });
});

/** The same on both; `as` names what is made. What it says may only differ in that name, and in how long it took. */
async function both(
  act: (node: readonly string[], as: string) => Promise<Said>,
): Promise<{ readonly there: Said }> {
  const [there, expected] = await Promise.all([act(arm64, 'card-there'), act(here, 'card-here')]);
  expect(comparable(there)).toEqual(comparable(expected));
  return { there };
}

const comparable = ({ exitCode, stdout, stderr }: Said): Said => {
  const plain = (text: string): string =>
    text.replaceAll(/\bcard-(?:t?here)\b/g, 'card').replaceAll(/\bin \d+\.\d s\b/g, 'in N s');
  return { exitCode, stdout: plain(stdout), stderr: plain(stderr) };
};

const onCard = (node: readonly string[], command: string, root: string): Promise<Said> =>
  holdfast(node, command, '--root', join(work, root), '--from', join(work, 'clear'));

/** The template, whose cluster.yaml says something else. */
function stateRepository(name: string, change: (text: string) => string): void {
  const file = join(work, name, 'cluster.yaml');
  cpSync(join(TOP, 'desired-state'), join(work, name), { recursive: true });
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}

/** What is mounted of a card that has never been booted. */
function card(root: string): void {
  mkdirSync(join(root, 'etc'), { recursive: true });
  for (const name of ['passwd', 'group']) cpSync(join('/etc', name), join(root, 'etc', name));
  writeFileSync(join(root, 'etc/hostname'), 'kubernetes-node-2\n');
}

/** Paths and modes with contents, but for what Holdfast knows of the host itself: it has times and inodes in it. */
function filesIn(folder: string): readonly string[] {
  const found = readdirSync(join(work, folder), { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile() && !/\/(var\/lib|run)\/holdfast\b/.test(entry.parentPath))
    .map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return `${path.slice(join(work, folder).length)} ${lstatSync(path).mode.toString(8)}\n${readFileSync(path, 'utf8')}`;
    })
    .sort();
}
