import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TreeProblem } from '../../../agent/desired/tree.ts';
import { openTree } from '../../../agent/host/tree.ts';
import { temporaryFolder } from '../../support/git-fixture.ts';

function folder(files: Readonly<Record<string, string>>, links: Readonly<Record<string, string>> = {}) {
  const outer = temporaryFolder();
  const root = join(outer, 'state');
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(root, name));
  return { outer, root, tree: openTree(root) };
}

const OUTSIDE = 'which is outside the state repository. Commit the file itself in its place.';

describe('reading the state repository', () => {
  it('reads files and lists folders', async () => {
    const { tree } = folder({ 'hosts/b.yaml': 'b', 'hosts/a.yaml': 'a' });
    expect(await tree.read('hosts/a.yaml')).toEqual(Buffer.from('a'));
    expect(await tree.read('./hosts//a.yaml')).toEqual(Buffer.from('a'));
    expect(await tree.list('hosts')).toEqual(['a.yaml', 'b.yaml']);
  });

  it('names a root that is not there, or is a file, instead of taking it for an empty one', async () => {
    const { root } = folder({ file: '' });
    const away = 'Name the directory that holds cluster.yaml.';
    for (const [path, why] of [
      [join(root, 'nonexist'), 'does not exist'],
      [join(root, 'file'), 'is not a directory'],
    ] as const) {
      const problem = new TreeProblem(`${path} ${why}. ${away}`);
      await expect(openTree(path).list('.')).rejects.toThrow(problem);
    }
    expect(await openTree(root).list('.')).toEqual(['file']);
  });

  it('tells an absent file and an absent folder from a problem', async () => {
    const { tree } = folder({ a: '' });
    expect(await tree.read('b')).toBeNull();
    expect(await tree.read('a/b')).toBeNull();
    expect(await tree.read('b/c')).toBeNull();
    expect(await tree.list('hosts')).toEqual([]);
    expect(await tree.list('a')).toEqual([]);
  });

  it.each(['/etc/passwd', '../other', 'a/../a', '..', 'a\0b'])('refuses %j', async (path) => {
    const { tree } = folder({ a: '' });
    await expect(tree.read(path)).rejects.toThrow(TreeProblem);
    await expect(tree.read(path)).rejects.toThrow('is not a path inside the state repository');
    await expect(tree.list(path)).rejects.toThrow(TreeProblem);
  });

  it('follows links that stay inside, through folders and through other links', async () => {
    const { tree } = folder(
      { 'files/deep/real': 'real' },
      { link: 'files/deep/real', 'files/up': '../link', 'files/also': 'deep', gone: 'files/gone' },
    );
    expect(await tree.read('files/up')).toEqual(Buffer.from('real'));
    expect(await tree.read('files/also/real')).toEqual(Buffer.from('real'));
    expect(await tree.list('files/also')).toEqual(['real']);
    expect(await tree.read('gone')).toBeNull();
  });

  it.each([
    ['absolute', '/etc/passwd'],
    ['climbing', '../secret'],
    ['out and in again', '../state/a'],
    ['to nothing outside', '../nothing'],
  ])('refuses a link that leaves: %s', async (_, target) => {
    const { tree, outer } = folder({ a: '' }, { link: target });
    writeFileSync(join(outer, 'secret'), 'secret');
    await expect(tree.read('link')).rejects.toThrow(`link is a link to ${target}, ${OUTSIDE}`);
  });

  it('refuses a folder on the way that is a link out, and names it', async () => {
    const { tree } = folder({ a: '' }, { files: '/etc' });
    await expect(tree.read('files/passwd')).rejects.toThrow(
      `files/passwd cannot be read: files is a link to /etc, ${OUTSIDE}`,
    );
    await expect(tree.list('files')).rejects.toThrow(`files is a link to /etc, ${OUTSIDE}`);
  });

  it('refuses a link that leaves by way of a link that does not', async () => {
    const { tree } = folder({ 'a/b/c': '' }, { up: 'a/b', 'a/b/out': '../../../secret' });
    await expect(tree.read('up/out')).rejects.toThrow(`a/b/out is a link to ../../../secret, ${OUTSIDE}`);
  });

  it('refuses links that leave only together', async () => {
    const { tree } = folder({ 'a/b/c': '' }, { 'a/b/top': '../..', 'a/b/out': 'top/../../secret' });
    await expect(tree.read('a/b/out')).rejects.toThrow(
      'a/b/out cannot be read: links on the way lead outside',
    );
  });

  it('ends on links that go in a circle', async () => {
    const { tree } = folder({ a: '' }, { one: 'two', two: 'one' });
    await expect(tree.read('one')).rejects.toThrow(/^one cannot be read: the link \w+ goes in a circle/);
  });

  it('refuses a pipe without waiting for a writer', async () => {
    const { tree, root } = folder({ a: '' });
    execFileSync('mkfifo', [join(root, 'pipe')]);
    await expect(tree.read('pipe')).rejects.toThrow(
      'pipe is not a regular file. Commit a file in its place.',
    );
  });

  it('refuses a folder where a file is asked for', async () => {
    await expect(folder({ 'a/b': '' }).tree.read('a')).rejects.toThrow('a is a directory. Commit a file');
  });

  it('reads a file of 1 MiB and refuses one that is larger', async () => {
    const { tree, root } = folder({ large: '' });
    truncateSync(join(root, 'large'), 1024 * 1024);
    expect(await tree.read('large')).toHaveLength(1024 * 1024);
    truncateSync(join(root, 'large'), 1024 * 1024 + 1);
    await expect(tree.read('large')).rejects.toThrow('large has 1048577 bytes; a file of a state repository');
  });

  it('refuses the note that Git LFS leaves in place of a file', async () => {
    const { tree } = folder({
      'a.cfg': 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n',
    });
    await expect(tree.read('a.cfg')).rejects.toThrow(
      'a.cfg is kept in Git LFS, which Holdfast does not fetch.',
    );
  });
});
