import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStateDirectory } from '../../../agent/host/state-directory.ts';
import { freshFolder } from './fresh-folder.ts';

const text = (bytes: Uint8Array | null): string | null => bytes && Buffer.from(bytes).toString('utf8');

describe('the state directory', () => {
  it('keeps what it is given, for root only', async () => {
    const path = join(freshFolder(), 'lib', 'holdfast');
    const state = openStateDirectory(path);
    await state.replace('journal', 'one');
    await state.replace('journal', Buffer.from('two'));
    await state.replace('generations/12.json', '{}');
    expect(text(await state.read('journal'))).toBe('two');
    expect(text(await state.read('generations/12.json'))).toBe('{}');
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(statSync(join(path, 'generations')).mode & 0o777).toBe(0o700);
    expect(statSync(join(path, 'journal')).mode & 0o777).toBe(0o600);
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o755);
  });

  it('is not made by looking into it', async () => {
    const path = join(freshFolder(), 'holdfast');
    const state = openStateDirectory(path);
    expect(await state.read('journal')).toBeNull();
    expect(await state.list('generations')).toEqual([]);
    await state.remove('journal');
    expect(existsSync(path)).toBe(false);
  });

  it('that is a file, or in one, is not taken for one that holds nothing yet', async () => {
    const path = join(freshFolder(), 'holdfast');
    writeFileSync(path, '');
    for (const at of [path, join(path, 'agent')])
      await expect(openStateDirectory(at).read('journal')).rejects.toThrow(
        `${at} should be a directory, in which Holdfast keeps its state, and it or a part of the way to it is something else. See what it is, then move it out of the way.`,
      );
  });

  it('says of a directory in a file’s place what to do, which is not to change the desired state', async () => {
    const path = freshFolder();
    mkdirSync(join(path, 'journal'));
    await expect(openStateDirectory(path).read('journal')).rejects.toThrow(
      `${path}/journal is a directory, and Holdfast keeps a file of its own there. Move it out of the way.`,
    );
  });

  it('lists what is in it, but not what a crash left', async () => {
    const path = join(freshFolder(), 'holdfast');
    const state = openStateDirectory(path);
    await state.replace('blobs/b', '');
    await state.replace('blobs/a', '');
    writeFileSync(join(path, 'blobs', '.holdfast-1-1-ab.tmp'), '');
    expect(await state.list('blobs')).toEqual(['a', 'b']);
    expect(await state.list('')).toEqual(['blobs']);
    await state.remove('blobs/a');
    expect(readdirSync(join(path, 'blobs'))).toEqual(['b']);
    await state.remove('blobs/a');
  });

  it('is not written where others may read', async () => {
    const path = join(freshFolder(), 'holdfast');
    mkdirSync(path);
    chmodSync(path, 0o755);
    await expect(openStateDirectory(path).replace('journal', 'x')).rejects.toThrow(
      `${path} belongs to user ${process.geteuid!()} with mode 755, and must be readable by root only.`,
    );
    expect(readdirSync(path)).toEqual([]);
  });

  it.each(['', '.', '..', '../x', '/etc/passwd', 'a/b/c', 'a/../b', 'a/', '.hidden', 'a/.hidden', 'a\0'])(
    'has nothing by the name %j',
    async (name) => {
      const state = openStateDirectory(freshFolder());
      await expect(async () => state.replace(name, 'x')).rejects.toThrow('not a name in the state directory');
      await expect(async () => state.read(name)).rejects.toThrow('not a name in the state directory');
    },
  );
});
