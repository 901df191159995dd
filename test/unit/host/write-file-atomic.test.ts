import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeFileAtomic } from '../../../agent/host/write-file-atomic.ts';
import type { Root } from '../../../agent/host/open-directory.ts';
import { bundled } from './bundled.ts';
import { freshFolder } from './fresh-folder.ts';

const ROOT: Root = { path: '/', links: 'ours' };
const isRoot = process.geteuid?.() === 0;
const ours = { uid: process.geteuid!(), gid: process.getegid!() };
const file = (text: string, mode = 0o644, owner: { uid: number; gid: number } = ours) => ({
  bytes: Buffer.from(text),
  mode,
  ...owner,
});

describe('writing a file', () => {
  it('brings bytes and mode, and leaves nothing else in the folder', async () => {
    const folder = freshFolder();
    await writeFileAtomic(ROOT, join(folder, 'a.conf'), file('one', 0o640));
    await writeFileAtomic(ROOT, join(folder, 'a.conf'), file('two', 0o4755));
    expect(readFileSync(join(folder, 'a.conf'), 'utf8')).toBe('two');
    expect(statSync(join(folder, 'a.conf')).mode & 0o7777).toBe(0o4755);
    expect(readdirSync(folder)).toEqual(['a.conf']);
  });

  it('makes missing folders, 0755 whatever the umask says', async () => {
    const folder = freshFolder();
    const before = process.umask(0o077);
    onTestFinished(() => void process.umask(before));
    await writeFileAtomic(ROOT, join(folder, 'x', 'y', 'a.conf'), file('one'));
    expect(statSync(join(folder, 'x')).mode & 0o7777).toBe(0o755);
    expect(statSync(join(folder, 'x', 'y')).mode & 0o7777).toBe(0o755);
    expect(statSync(join(folder, 'x', 'y', 'a.conf')).mode & 0o7777).toBe(0o644);
  });

  it('never shows a reader half a file', async () => {
    const folder = freshFolder();
    const path = join(folder, 'a.conf');
    const [a, b] = ['a'.repeat(300_000), 'b'.repeat(300_000)] as const;
    await writeFileAtomic(ROOT, path, file(a));
    const seen = new Set<string>();
    let writing = true;
    const writes = (async () => {
      for (let i = 0; i < 20; i++) await writeFileAtomic(ROOT, path, file(i % 2 === 0 ? b : a));
      writing = false;
    })();
    while (writing) {
      seen.add(readFileSync(path, 'utf8'));
      await new Promise(setImmediate);
    }
    await writes;
    expect([...seen].toSorted()).toEqual([a, b]);
  });

  it.runIf(isRoot)('gives it to its owner, with the setuid bit that chown takes away', async () => {
    const path = join(freshFolder(), 'a');
    await writeFileAtomic(ROOT, path, file('x', 0o4750, { uid: 1234, gid: 1235 }));
    expect(statSync(path)).toMatchObject({ uid: 1234, gid: 1235 });
    expect(statSync(path).mode & 0o7777).toBe(0o4750);
  });

  it('changes only mode and owner when the bytes are right, so that nobody sees a new file', async () => {
    const path = join(freshFolder(), 'a.conf');
    writeFileSync(path, 'same', { mode: 0o600 });
    const before = statSync(path, { bigint: true });
    const owner = isRoot ? { uid: 1234, gid: 1235 } : ours;
    await writeFileAtomic(ROOT, path, file('same', 0o4640, owner));
    const after = statSync(path, { bigint: true });
    expect([after.ino, after.mtimeNs]).toEqual([before.ino, before.mtimeNs]);
    expect([Number(after.mode) & 0o7777, Number(after.uid), Number(after.gid)]).toEqual([
      0o4640,
      owner.uid,
      owner.gid,
    ]);
  });

  it('replaces a file of the same length and other bytes', async () => {
    const path = join(freshFolder(), 'a.conf');
    writeFileSync(path, 'abcd');
    await writeFileAtomic(ROOT, path, file('abce'));
    expect(readFileSync(path, 'utf8')).toBe('abce');
  });
});

describe('a link', () => {
  it('at the path is neither followed nor replaced', async () => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'real'), 'theirs');
    symlinkSync('real', join(folder, 'link'));
    await expect(writeFileAtomic(ROOT, join(folder, 'link'), file('x'))).rejects.toThrow(
      'is a symbolic link',
    );
    expect(readlinkSync(join(folder, 'link'))).toBe('real');
    expect(readFileSync(join(folder, 'real'), 'utf8')).toBe('theirs');
  });

  it('of ours on the way is followed: an administrator may put /etc/haproxy elsewhere', async () => {
    const folder = freshFolder();
    mkdirSync(join(folder, 'elsewhere'));
    symlinkSync('elsewhere', join(folder, 'haproxy'));
    await writeFileAtomic(ROOT, join(folder, 'haproxy', 'a.conf'), file('x'));
    expect(readdirSync(join(folder, 'elsewhere'))).toEqual(['a.conf']);
  });

  it.runIf(isRoot)("of another user on the way is not: that user would choose root's target", async () => {
    const folder = freshFolder();
    mkdirSync(join(folder, 'victim'));
    symlinkSync('victim', join(folder, 'link'));
    lchownSync(join(folder, 'link'), 65534, 65534);
    await expect(writeFileAtomic(ROOT, join(folder, 'link', 'a.conf'), file('x'))).rejects.toThrow(
      `${join(folder, 'link')} is a symbolic link that user 65534 made`,
    );
    expect(readdirSync(join(folder, 'victim'))).toEqual([]);
  });

  it('in a folder that others can write to is not followed: they could put another one in its place', async () => {
    const folder = freshFolder();
    mkdirSync(join(folder, 'shared'));
    mkdirSync(join(folder, 'real'));
    symlinkSync('../real', join(folder, 'shared', 'link'));
    const through = join(folder, 'shared', 'link', 'a.conf');
    chmodSync(join(folder, 'shared'), 0o777);
    await expect(writeFileAtomic(ROOT, through, file('x'))).rejects.toThrow(
      `${join(folder, 'shared', 'link')} is a symbolic link in a folder that others can write to`,
    );
    expect(readdirSync(join(folder, 'real'))).toEqual([]);
    // Where it is sticky they can only replace what is theirs.
    chmodSync(join(folder, 'shared'), 0o1777);
    await writeFileAtomic(ROOT, through, file('x'));
    expect(readdirSync(join(folder, 'real'))).toEqual(['a.conf']);
  });

  it('that dangles makes no folder behind it', async () => {
    const folder = freshFolder();
    symlinkSync('nowhere', join(folder, 'link'));
    await expect(writeFileAtomic(ROOT, join(folder, 'link', 'a.conf'), file('x'))).rejects.toThrow(
      'points at something that does not exist',
    );
    expect(readdirSync(folder)).toEqual(['link']);
  });

  it('that leads to itself ends in a sentence', async () => {
    const folder = freshFolder();
    symlinkSync('loop', join(folder, 'loop'));
    await expect(writeFileAtomic(ROOT, join(folder, 'loop', 'a.conf'), file('x'))).rejects.toThrow(
      'Too many symbolic links',
    );
  });
});

describe.runIf(isRoot)('a disk that fails', () => {
  function mounted(options: string): string {
    const folder = freshFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
    onTestFinished(() => void execFileSync('umount', ['-l', folder]));
    return folder;
  }

  it('when it is full the old file stays, and nothing is left behind', async () => {
    const folder = mounted('size=64k');
    const path = join(folder, 'a.conf');
    await writeFileAtomic(ROOT, path, file('old', 0o640));
    const { ino, mode, ctimeNs } = statSync(path, { bigint: true });
    await expect(writeFileAtomic(ROOT, path, file('n'.repeat(200_000)))).rejects.toThrow(
      `Cannot write ${path}: no space left on device (ENOSPC). Free some space there`,
    );
    expect(readdirSync(folder)).toEqual(['a.conf']);
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(statSync(path, { bigint: true })).toMatchObject({ ino, mode, ctimeNs });
  });

  it('when it has no inode left the old file stays', async () => {
    const folder = mounted('size=64k,nr_inodes=2');
    writeFileSync(join(folder, 'a.conf'), 'old');
    await expect(writeFileAtomic(ROOT, join(folder, 'a.conf'), file('new'))).rejects.toThrow('ENOSPC');
    expect(readdirSync(folder)).toEqual(['a.conf']);
    expect(readFileSync(join(folder, 'a.conf'), 'utf8')).toBe('old');
  });

  it('when it has become read-only the sentence says where to look', async () => {
    const folder = mounted('size=64k');
    writeFileSync(join(folder, 'a.conf'), 'old');
    execFileSync('mount', ['-o', 'remount,ro', folder]);
    await expect(writeFileAtomic(ROOT, join(folder, 'a.conf'), file('new'))).rejects.toThrow(
      `Cannot write ${join(folder, 'a.conf')}: read-only file system (EROFS). Look in dmesg`,
    );
    await expect(writeFileAtomic(ROOT, join(folder, 'x', 'a.conf'), file('new'))).rejects.toThrow(
      `Cannot make the folder ${join(folder, 'x')}: read-only file system (EROFS).`,
    );
    expect(readFileSync(join(folder, 'a.conf'), 'utf8')).toBe('old');
  });
});

describe('a crash', () => {
  it('leaves a dot file that the next write takes away, and no other process does meanwhile', async () => {
    const folder = freshFolder();
    const program = bundled(
      freshFolder(),
      `import { temporaryName } from './agent/host/leftovers.ts';
       import { writeFileSync } from 'node:fs';
       writeFileSync(process.argv[2] + '/' + temporaryName(), 'half');
       console.log('written');
       setInterval(() => {}, 1000);`,
    );
    const child = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    const [leftover] = readdirSync(folder);
    expect(leftover).toMatch(/^\.holdfast-/);

    await writeFileAtomic(ROOT, join(folder, 'a.conf'), file('one'));
    expect(readdirSync(folder)).toEqual([leftover, 'a.conf']);

    child.kill('SIGKILL');
    await once(child, 'exit');
    await writeFileAtomic(ROOT, join(folder, 'a.conf'), file('two'));
    expect(readdirSync(folder)).toEqual(['a.conf']);
  });

  it.runIf(isRoot)('of the write itself leaves bytes that only root may read', () => {
    const folder = freshFolder();
    const program = bundled(
      freshFolder(),
      `import { writeFileAtomic } from './agent/host/write-file-atomic.ts';
       import { Buffer } from 'node:buffer';
       // Owner and mode are given last: a failing chown is a crash before them.
       const bytes = Buffer.from('secret');
       void writeFileAtomic({ path: '/', links: 'ours' }, process.argv[2] + '/a',
         { bytes, mode: 0o644, gid: 0, get uid() { process.kill(process.pid, 'SIGKILL'); return 0; } });`,
    );
    expect(() => execFileSync(process.execPath, [program, folder])).toThrow();
    const [leftover] = readdirSync(folder);
    expect(leftover).toMatch(/^\.holdfast-/);
    expect(statSync(join(folder, leftover!)).mode & 0o7777).toBe(0o600);
  });
});
