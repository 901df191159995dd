import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAgentConfig } from '../../agent/config.ts';
import { freshFolder } from './host/fresh-folder.ts';

/** The package that `npm run deb` builds, without installing it: what dpkg, lintian, man and a shell make of it. */

const TOP = new URL('../..', import.meta.url).pathname;

function built(folder: string): string {
  // What a build server has: another time of day, another umask.
  const line = 'umask 027 && exec node scripts/deb.mjs "$1"';
  const env = { ...process.env, DEBFULLNAME: 'Ada', DEBEMAIL: 'ada@users.noreply.github.com' };
  return execFileSync('sh', ['-c', line, 'sh', folder], { cwd: TOP, encoding: 'utf8', env }).trim();
}

function run(program: string, ...args: readonly string[]): SpawnSyncReturns<string> {
  return spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' } });
}

const work = mkdtempSync(join(tmpdir(), 'holdfast-deb-'));
const tree = join(work, 'extracted');
let deb: string;
beforeAll(() => {
  deb = built(work);
  execFileSync('dpkg-deb', ['--extract', deb, tree]);
}, 120_000);
afterAll(() => rmSync(work, { recursive: true }));

const fileIn = (path: string): string => join(tree, path);
const read = (path: string): string => readFileSync(fileIn(path), 'utf8');

test('two builds are the same bit for bit', () => {
  expect(readFileSync(built(freshFolder())).equals(readFileSync(deb))).toBe(true);
}, 60_000);

test('lintian finds no error and no warning', () => {
  const { status, stdout } = run('lintian', '--allow-root', '--fail-on', 'error,warning', deb);
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
}, 60_000);

test('its maintainer is who builds it', () => {
  expect(run('dpkg-deb', '--field', deb, 'Maintainer').stdout).toBe('Ada <ada@users.noreply.github.com>\n');
  const { stdout } = run('zcat', fileIn('usr/share/doc/holdfast/changelog.gz'));
  expect(stdout).toContain(' -- Ada <ada@users.noreply.github.com>  ');
});

test('the man page is one without a warning, and names every command', () => {
  const page = fileIn('usr/share/man/man1/holdfast.1.gz');
  const { stdout } = run('mandoc', '-T', 'lint', '-W', 'warning', page);
  expect(stdout).toBe('');
  const text = run('mandoc', '-T', 'ascii', '-O', 'width=200', page).stdout.replaceAll(/.\x08/g, '');
  for (const command of commands()) expect(text).toContain(`\n       ${command}`);
});

test('the man page and bash know the options and the exit codes that the help of each command names', () => {
  const page = run('zcat', fileIn('usr/share/man/man1/holdfast.1.gz')).stdout.replaceAll('\\-', '-');
  const completion = read('usr/share/bash-completion/completions/holdfast');
  for (const words of leaves()) {
    const [flags, name] = [optionsIn(help(...words)), words.join(' ')];
    const inPage = page
      .split(/^\.TP\n\.B (?=[a-z])/m)
      .find((part) => new RegExp(`^${name}(?: [<[]|\n)`).test(part));
    expect([name, ...optionsIn(inPage?.replaceAll('.B ', '  ') ?? '')]).toEqual([name, ...flags]);
    const offered = new RegExp(`^    '${name}'\\*\\).*compgen -W '([^']*)--help'`, 'm').exec(completion)?.[1];
    expect([name, offered?.trim()]).toEqual([name, flags.join(' ')]);
  }
  const codes = [...help().matchAll(/(?:^|  )(\d+) {2,}/gm)]
    .map(([, code]) => Number(code))
    .toSorted((a, b) => a - b);
  const [, status] = page.split('.SH EXIT STATUS\n');
  expect([...status!.split('.SH ')[0]!.matchAll(/^\.B (\d+)$/gm)].map(([, code]) => Number(code))).toEqual(
    codes,
  );
});

test('bash completes commands, their options, and folders', () => {
  const complete = (...words: readonly string[]): readonly string[] => {
    const line =
      'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _holdfast; printf "%s\\n" "${COMPREPLY[@]}"';
    const file = fileIn('usr/share/bash-completion/completions/holdfast');
    return run('bash', '-c', line, 'bash', file, 'holdfast', ...words)
      .stdout.split('\n')
      .filter(Boolean);
  };
  expect(complete('')).toEqual([...commands(), 'help', '--help', '--version']);
  expect(complete('pl')).toEqual(['plan']);
  expect(complete('plan', '--j')).toEqual(['--json']);
  expect(complete('converge', '--from', join(TOP, 'desired-st'))).toEqual([join(TOP, 'desired-state')]);
  expect(complete('pause', '--for', '')).toEqual([]);
  expect(complete('secret', 'r')).toEqual(['rotate', 'recipients']);
  expect(complete('secret', 'recipients', 'a')).toEqual(['add']);
});

/** Asked once: each time is a process. */
const helps = new Map<string, string>();
function help(...words: readonly string[]): string {
  const about = words.join(' ');
  const text =
    helps.get(about) ?? run('node', fileIn('usr/lib/holdfast/holdfast.cjs'), ...words, '--help').stdout;
  helps.set(about, text);
  return text;
}

/** As the program's own help has them. */
function commands(...words: readonly string[]): readonly string[] {
  const [, listed = ''] = help(...words).split('\nCommands:\n');
  // Behind a blank line come examples.
  return [...listed.split('\n\n')[0]!.matchAll(/^ {2}([a-z]+)/gm)]
    .map(([, name]) => name!)
    .filter((name) => name !== 'help');
}

/** What may be typed: `secret recipients add` is below two others. */
const leaves = (words: readonly string[] = []): readonly (readonly string[])[] => {
  const below = commands(...words);
  return below.length === 0 ? [words] : below.flatMap((name) => leaves([...words, name]));
};

const optionsIn = (text: string): readonly string[] =>
  [...text.matchAll(/^ +(?:-\w, )?(--[a-z-]+)/gm)]
    .map(([, long]) => long!)
    .filter((long) => long !== '--help');

describe('agent.yaml as the package brings it', () => {
  const isConfigured = (text: string | null): { readonly status: number | null; readonly stderr: string } => {
    const folder = freshFolder();
    mkdirSync(join(folder, 'etc'), { recursive: true });
    if (text !== null) writeFileSync(join(folder, 'etc/agent.yaml'), text);
    const script = read('usr/lib/holdfast/is-configured').replace(
      'FILE=/etc/holdfast/agent.yaml',
      `FILE=${join(folder, 'etc/agent.yaml')}`,
    );
    const { status, stderr } = run('sh', '-c', script);
    return { status, stderr: stderr.replaceAll(folder, '') };
  };

  test('is all comment, so the service is not started, and says so', () => {
    expect(isConfigured(read('etc/holdfast/agent.yaml'))).toEqual({
      status: 1,
      stderr:
        'Not configured yet: /etc/agent.yaml is all comment still. Write there which repository to follow, then: sudo systemctl start holdfast\n',
    });
    expect(isConfigured(null)).toMatchObject({ status: 1 });
  });

  test('is a configuration once its comment signs are taken away', () => {
    const text = read('etc/holdfast/agent.yaml')
      .replace(/^[^]*?\n#\n/, '')
      .replaceAll(/^# ?/gm, '');
    const { config, diagnostics } = parseAgentConfig(text, 'agent.yaml');
    expect(diagnostics).toEqual([]);
    expect(config).toMatchObject({ repository: { url: 'git@git.home:state.git', branch: 'main' } });
    expect(isConfigured(text)).toEqual({ status: 0, stderr: '' });
  });

  test('is not enough while bootstrap.sh is at work and has not shown its plan', () => {
    const folder = freshFolder();
    const script = read('usr/lib/holdfast/is-configured').replaceAll(/\/(?=run\/|etc\/)/g, `${folder}/`);
    for (const path of ['run', 'etc/holdfast']) mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(folder, 'etc/holdfast/agent.yaml'), 'repository: { url: a@b:c }\n');
    writeFileSync(join(folder, 'run/holdfast-bootstrap.held'), '');
    const lock = join(folder, 'run/holdfast-bootstrap.lock');
    expect(run('flock', lock, 'sh', '-c', script)).toMatchObject({
      status: 1,
      stderr: 'bootstrap.sh is at work on this host, and starts this once its plan is accepted.\n',
    });
    expect(run('sh', '-c', script)).toMatchObject({ status: 0, stderr: '' });
  });

  test('with a mistake in it is left to the agent, which names the line', () => {
    expect(isConfigured('repositori: {}\n').status).toBe(0);
  });
});

test('every maintainer script is one that sh can read, and says nothing where it has nothing to do', () => {
  const scripts = freshFolder();
  execFileSync('dpkg-deb', ['--control', deb, scripts]);
  for (const script of ['postinst', 'prerm', 'postrm']) {
    expect(run('sh', '-n', join(scripts, script))).toMatchObject({ status: 0, stderr: '' });
    expect(run('sh', join(scripts, script), 'upgrade', '0.0.1')).toMatchObject({ status: 0, stdout: '' });
  }
});

test.each(['remove', 'purge'])(
  '%s ends a first boot that is still to come, which would install it again',
  (how) => {
    const root = freshFolder();
    execFileSync('dpkg-deb', ['--control', deb, join(root, 'DEBIAN')]);
    const wanted = join(root, 'etc/systemd/system/multi-user.target.wants');
    for (const path of [
      wanted,
      join(root, 'var/lib/holdfast-first-boot'),
      join(root, 'run/systemd/system'),
      join(root, 'bin'),
    ])
      mkdirSync(path, { recursive: true });
    writeFileSync(join(root, 'etc/systemd/system/holdfast-first-boot.service'), '[Unit]\n');
    symlinkSync(
      '/etc/systemd/system/holdfast-first-boot.service',
      join(wanted, 'holdfast-first-boot.service'),
    );
    writeFileSync(join(root, 'var/lib/holdfast-first-boot/bootstrap.sh'), '');
    // What systemd and its companions would be asked.
    for (const name of ['systemctl', 'deb-systemd-invoke', 'deb-systemd-helper'])
      writeFileSync(join(root, 'bin', name), `#!/bin/sh\necho "$*" >>${join(root, 'asked')}\n`, {
        mode: 0o755,
      });
    const script = readFileSync(join(root, 'DEBIAN/postrm'), 'utf8').replaceAll(
      /(?<=[ ="(])\/(?=(?:etc|var|run)\/)/g,
      `${root}/`,
    );
    const env = { ...process.env, PATH: `${join(root, 'bin')}:${process.env['PATH']}` };
    const { status, stderr } = spawnSync('sh', ['-c', script, 'postrm', how], { encoding: 'utf8', env });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(readFileSync(join(root, 'asked'), 'utf8')).toMatch(
      /^stop holdfast-first-boot\.service\n(.*\n)*daemon-reload\n$/,
    );
    expect(run('find', join(root, 'etc'), join(root, 'var'), '-name', '*first-boot*').stdout).toBe('');
  },
);

test('names whose libraries are in the program', () => {
  const { stdout } = run('zcat', fileIn('usr/share/doc/holdfast/libraries.gz'));
  for (const library of ['commander', 'yaml', 'zod', 'simple-git', 'node-cron'])
    expect(stdout).toMatch(new RegExp(`^${library} \\d+\\.\\d+\\.\\d+, (MIT|ISC)$`, 'm'));
});
