import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { freshFolder } from './host/fresh-folder.ts';

/** systemd/apt-get-durably after a power cut, with dpkg's own records below a folder: what it puts back, and what not. */

const SCRIPT = new URL('../../systemd/apt-get-durably', import.meta.url).pathname;
const UNDER_WAY = 'var/lib/holdfast-apt-get';

let root: string;
beforeEach(() => {
  root = freshFolder();
  for (const path of ['etc', 'run', 'var/lib/dpkg/info', 'bin'])
    mkdirSync(join(root, path), { recursive: true });
  put('var/lib/dpkg/status', '');
  put(UNDER_WAY, '');
  utimesSync(join(root, UNDER_WAY), new Date(0), new Date(0));
  for (const name of ['dpkg', 'sync']) fake(name, ':');
  fake('apt-get', `echo "$*" >>${root}/asked`);
});

function put(path: string, text: string, mode = 0o644): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode });
}
const fake = (name: string, line: string): void => put(`bin/${name}`, `#!/bin/bash\n${line}\n`, 0o755);

/** One that dpkg knows, with its conffiles, as unpacked since the cut run began. */
function known(
  name: string,
  conffiles: readonly string[],
  postinst = '',
  status = 'install ok installed',
): void {
  const lines = conffiles.map((path) => `\n ${root}/${path} d41d8cd98f00b204e9800998ecf8427e`).join('');
  const text = `Package: ${name}\nStatus: ${status}\nMaintainer: L <l@home>\nArchitecture: all\nVersion: 1\nConffiles:${lines}\nDescription: x\n\n`;
  put('var/lib/dpkg/status', readFileSync(join(root, 'var/lib/dpkg/status'), 'utf8') + text);
  put(`var/lib/dpkg/info/${name}.list`, conffiles.map((path) => `${root}/${path}\n`).join(''));
  put(`var/lib/dpkg/info/${name}.postinst`, `#!/bin/sh\n${postinst}\n`, 0o755);
}

function aptGet(...words: readonly string[]): { readonly status: number | null; readonly stderr: string } {
  const text = readFileSync(SCRIPT, 'utf8')
    .replaceAll(/(?<==|>)\/(?=var\/lib\/holdfast|run\/)/g, `${root}/`)
    .replaceAll('find /etc ', `find ${root}/etc `);
  const env = {
    ...process.env,
    PATH: `${root}/bin:${process.env['PATH']}`,
    DPKG_ADMINDIR: join(root, 'var/lib/dpkg'),
  };
  const { status, stderr } = spawnSync('bash', ['-c', text, 'apt-get-durably', ...words], {
    encoding: 'utf8',
    env,
  });
  return { status, stderr };
}

/** What apt-get was. */
const asked = (): readonly string[] => readFileSync(join(root, 'asked'), 'utf8').trim().split('\n');

describe('a conffile that a power cut has emptied', () => {
  it('which cannot be had now is not taken for whole, although its package’s postinst has its name in it', () => {
    known('ufw', ['etc/default/ufw'], '# reads /etc/default/ufw');
    put('etc/default/ufw', '');
    fake('apt-get', 'echo "E: Could not get lock" >&2; exit 100');
    const { status, stderr } = aptGet('update');
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /a power cut has emptied .*\/etc\/default\/ufw, which could not be put back/,
      ) as string,
    });
    expect(existsSync(join(root, UNDER_WAY))).toBe(true);
    expect(
      execFileSync('find', [join(root, 'etc'), '-name', '*.holdfast-emptied'], { encoding: 'utf8' }),
    ).toBe('');
    // By the next run it can be.
    fake('apt-get', `case "$*" in *reinstall*) echo whole >${root}/etc/default/ufw ;; esac`);
    expect(aptGet('update')).toMatchObject({ status: 0 });
    expect(readFileSync(join(root, 'etc/default/ufw'), 'utf8')).toBe('whole\n');
    expect(existsSync(join(root, UNDER_WAY))).toBe(false);
  });
});

it('a package that was removed since, and whose configuration is gone, is not installed again', () => {
  known('ufw', ['etc/ufw/sysctl.conf'], '', 'deinstall ok config-files');
  expect(aptGet('install', '--', 'haproxy')).toEqual({ status: 0, stderr: '' });
  expect(asked()).toEqual(['install -- haproxy']);
});

it('puts back what was emptied without removing a package for it, and says in one line what it could not', () => {
  known('aa', ['etc/aa/c', 'etc/aa/d']);
  const { status, stderr } = aptGet('install', '--', 'haproxy');
  expect({ status, lines: stderr.trim().split('\n').length }).toEqual({ status: 1, lines: 1 });
  expect(stderr).toMatch(/emptied \S+etc\/aa\/c \S+etc\/aa\/d, which could not be put back: sudo .* aa\n/);
  expect(asked()).toEqual([
    'install -- haproxy',
    expect.stringMatching(/ --no-remove .*--reinstall .*install -- aa$/),
  ]);
});

it('a conffile that its owner has masked by a link, or diverted, is left alone, and nothing fails for it', () => {
  known('aa', ['etc/aa/masked', 'etc/aa/diverted']);
  mkdirSync(join(root, 'etc/aa'));
  symlinkSync('/dev/null', join(root, 'etc/aa/masked'));
  put('etc/aa/diverted.mine', 'mine\n');
  const diverted = join(root, 'etc/aa/diverted');
  put('var/lib/dpkg/diversions', `${diverted}\n${diverted}.mine\n:\n`);
  expect(aptGet('update')).toEqual({ status: 0, stderr: '' });
  expect(readlinkSync(join(root, 'etc/aa/masked'))).toBe('/dev/null');
  expect(asked()).toEqual(['update']);
});

it('moves nothing beside somebody else’s dpkg, and goes on being due', () => {
  put('etc/aa/c', '');
  known('aa', ['etc/aa/c'], `echo postinst >>${root}/asked # c`);
  fake('dpkg', 'echo "dpkg: error: dpkg frontend lock was locked by another process with pid 7" >&2; exit 2');
  const { status, stderr } = aptGet('install', 'bb');
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: expect.stringMatching(/^E: Could not get lock of dpkg, so .*\n$/) as string,
  });
  expect(readFileSync(join(root, 'asked'), 'utf8')).toBe('install bb\n');
  expect([existsSync(join(root, 'etc/aa/c')), existsSync(join(root, UNDER_WAY))]).toEqual([true, true]);
});
