import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFiles } from '../../../agent/host/disk-files.ts';
import { freshFolder } from './fresh-folder.ts';
import { memoryBlobs } from './memory-blobs.ts';

const root = process.geteuid?.() === 0;

function setUp() {
  const blobs = memoryBlobs();
  return { folder: freshFolder(), blobs, files: openFiles({ path: '/', links: 'ours' }, blobs) };
}

describe('reading a file', () => {
  it('gives bytes, mode, owner and group by name', async () => {
    const { folder, files } = setUp();
    const path = join(folder, 'a.conf');
    writeFileSync(path, 'hello\n');
    chmodSync(path, 0o640);
    const file = await files.read(path);
    expect(file).toMatchObject({ mode: 0o640, owner: 'root', group: 'root', content: { size: 6 } });
    expect(files.text(file!.content)).toBe('hello\n');
  });

  it.runIf(root)('gives the number where nobody has a name for it', async () => {
    const { folder, files } = setUp();
    const path = join(folder, 'a.conf');
    writeFileSync(path, '');
    chownSync(path, 54321, 54322);
    expect(await files.read(path)).toMatchObject({ owner: '54321', group: '54322' });
  });

  it('says null only where nothing is', async () => {
    const { folder, files } = setUp();
    writeFileSync(join(folder, 'file'), '');
    expect(await files.read(join(folder, 'absent'))).toBeNull();
    expect(await files.read(join(folder, 'no', 'such', 'folder'))).toBeNull();
    expect(await files.read(join(folder, 'file', 'inside'))).toBeNull();
  });

  it('does not follow a link, dangling or not', async () => {
    const { folder, files } = setUp();
    symlinkSync('/etc/passwd', join(folder, 'link'));
    symlinkSync('nowhere', join(folder, 'dangling'));
    await expect(files.read(join(folder, 'link'))).rejects.toThrow(
      `${join(folder, 'link')} is a symbolic link, and Holdfast manages only regular files. Name the file that it points at, or remove the link.`,
    );
    await expect(files.read(join(folder, 'dangling'))).rejects.toThrow('is a symbolic link');
  });

  it('refuses a directory, a named pipe and a device without waiting for them', async () => {
    const { folder, files } = setUp();
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    await expect(files.read(folder)).rejects.toThrow('is a directory');
    await expect(files.read(join(folder, 'fifo'))).rejects.toThrow('is a named pipe');
    await expect(files.read('/dev/zero')).rejects.toThrow('is a device');
  });

  it('refuses what is larger than 16 MiB', async () => {
    const { folder, files } = setUp();
    const path = join(folder, 'large');
    writeFileSync(path, '');
    truncateSync(path, 16 * 1024 * 1024 + 1);
    await expect(files.read(path)).rejects.toThrow(`${path} is larger than 16 MiB`);
  });

  it('reads files of the kernel, whose size is a lie', async () => {
    const { files } = setUp();
    const file = await files.read('/proc/version');
    expect(files.text(file!.content)).toBe(readFileSync('/proc/version', 'utf8'));
  });

  it.each(['etc/passwd', '/etc/../etc/passwd', '/etc/', '/etc//passwd', '/etc/pass\0wd', ''])(
    'refuses the path %j',
    async (path) => {
      await expect(setUp().files.read(path)).rejects.toThrow('is not an absolute path in its shortest form');
    },
  );
});

describe('a stamp', () => {
  it('changes with the bytes, the mode, and a write that puts the old time back', async () => {
    const { folder, files } = setUp();
    const path = join(folder, 'a.conf');
    expect(await files.stamp(path)).toBeNull();
    writeFileSync(path, 'one');
    const stamps = [await files.stamp(path)];
    const { atime, mtime } = statSync(path);
    writeFileSync(path, 'two');
    utimesSync(path, atime, mtime);
    stamps.push(await files.stamp(path));
    chmodSync(path, 0o600);
    stamps.push(await files.stamp(path));
    expect(new Set(stamps).size).toBe(3);
    expect(await files.stamp(path)).toBe(stamps[2]);
  });
});

describe('folders', () => {
  it('names the topmost one that is missing', async () => {
    const { folder, files } = setUp();
    expect(await files.missingDirectory(join(folder, 'a.conf'))).toBeNull();
    expect(await files.missingDirectory(join(folder, 'x', 'y', 'a.conf'))).toBe(join(folder, 'x'));
  });

  it('says that a file or a dangling link stands in the way', async () => {
    const { folder, files } = setUp();
    writeFileSync(join(folder, 'file'), '');
    symlinkSync('nowhere', join(folder, 'link'));
    await expect(files.missingDirectory(join(folder, 'file', 'a.conf'))).rejects.toThrow('is a file');
    await expect(files.missingDirectory(join(folder, 'link', 'a.conf'))).rejects.toThrow('does not exist');
  });

  it('lists names sorted, and tells no folder from an empty one', async () => {
    const { folder, files } = setUp();
    mkdirSync(join(folder, 'empty'));
    for (const name of ['b', 'a', 'C']) writeFileSync(join(folder, name), '');
    expect(await files.list(folder)).toEqual(['C', 'a', 'b', 'empty']);
    expect(await files.list(join(folder, 'empty'))).toEqual([]);
    expect(await files.list(join(folder, 'absent'))).toBeNull();
  });
});

describe('accounts', () => {
  it('knows the names of this host, and numbers', async () => {
    const { files } = setUp();
    expect(await files.knows('owner', 'root')).toBe(true);
    expect(await files.knows('group', 'root')).toBe(true);
    expect(await files.knows('owner', '1234')).toBe(true);
    expect(await files.knows('owner', 'no-such-account')).toBe(false);
  });

  it('says who is missing before anything is written', async () => {
    const { folder, blobs, files } = setUp();
    const path = join(folder, 'a.conf');
    await expect(files.write(path, blobs.file('x', 0o644, 'no-such-account'))).rejects.toThrow(
      `${path} is to belong to the user "no-such-account", whom this host does not have.`,
    );
    expect(await files.list(folder)).toEqual([]);
  });
});

describe('removing a file', () => {
  it('takes away the folders that it leaves empty, up to the one that was asked for', async () => {
    const { folder, blobs, files } = setUp();
    const path = join(folder, 'x', 'y', 'a.conf');
    await files.write(path, blobs.file('x'));
    await files.remove(path, join(folder, 'x'));
    expect(await files.list(folder)).toEqual([]);
  });

  it('leaves a folder that somebody put a file into', async () => {
    const { folder, blobs, files } = setUp();
    await files.write(join(folder, 'x', 'y', 'a.conf'), blobs.file('x'));
    writeFileSync(join(folder, 'x', 'theirs'), '');
    await files.remove(join(folder, 'x', 'y', 'a.conf'), join(folder, 'x'));
    expect(await files.list(join(folder, 'x'))).toEqual(['theirs']);
  });

  it('goes on where a crash stopped it', async () => {
    const { folder, files } = setUp();
    mkdirSync(join(folder, 'x'));
    await files.remove(join(folder, 'x', 'y', 'a.conf'), join(folder, 'x'));
    expect(await files.list(folder)).toEqual([]);
    await files.remove(join(folder, 'x', 'y', 'a.conf'), join(folder, 'x'));
  });

  it('does not remove a folder, a link, or anything outside', async () => {
    const { folder, files } = setUp();
    mkdirSync(join(folder, 'x'));
    symlinkSync('x', join(folder, 'link'));
    await expect(files.remove(join(folder, 'x'), null)).rejects.toThrow('is a directory');
    await expect(files.remove(join(folder, 'link'), null)).rejects.toThrow('is a symbolic link');
    await expect(files.remove(join(folder, 'a'), '/etc')).rejects.toThrow('not a folder on the way');
    expect(await files.list(folder)).toEqual(['link', 'x']);
  });
});
