import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openImage, readImageIdentity } from '../../../agent/host/image-host.ts';
import { freshFolder } from './fresh-folder.ts';
import { memoryBlobs } from './memory-blobs.ts';

const isRoot = process.geteuid?.() === 0;

function setUp() {
  const outside = freshFolder();
  const image = join(outside, 'image');
  mkdirSync(join(image, 'etc'), { recursive: true });
  writeFileSync(join(image, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\nhaproxy:x:4321:4322::/:/bin/false\n');
  writeFileSync(join(image, 'etc/group'), 'root:x:0:\nhaproxy:x:4322:\n');
  const blobs = memoryBlobs();
  return { outside, image, blobs, host: openImage(image, blobs) };
}

describe('an image at rest', () => {
  it('has nothing that lives', () => {
    expect(setUp().host.live).toBeNull();
  });

  it('has its own files under the paths they will have', async () => {
    const { image, host, blobs } = setUp();
    await host.files.write('/etc/haproxy/haproxy.cfg', blobs.file('global\n'));
    expect(readFileSync(join(image, 'etc/haproxy/haproxy.cfg'), 'utf8')).toBe('global\n');
    expect(await host.files.list('/etc')).toEqual(['group', 'haproxy', 'passwd']);
    expect(await host.files.read('/etc/haproxy/haproxy.cfg')).toEqual(blobs.file('global\n'));
    expect(await host.files.missingDirectory('/etc/x/y')).toBe('/etc/x');
    await host.files.remove('/etc/haproxy/haproxy.cfg', '/etc/haproxy');
    expect(await host.files.list('/etc')).toEqual(['group', 'passwd']);
  });

  it.runIf(isRoot)('knows the owners that it will have, not those of this machine', async () => {
    const { image, host, blobs } = setUp();
    await host.files.write('/etc/a', blobs.file('x', 0o640, 'haproxy', 'haproxy'));
    expect(statSync(join(image, 'etc/a'))).toMatchObject({ uid: 4321, gid: 4322 });
    expect(await host.files.read('/etc/a')).toMatchObject({ owner: 'haproxy', group: 'haproxy' });
    expect(await host.files.knows('group', 'daemon')).toBe(false);
  });

  it.runIf(isRoot)('sees an account that was added meanwhile', async () => {
    const { image, host } = setUp();
    expect(await host.files.knows('owner', 'keepalived')).toBe(false);
    writeFileSync(join(image, 'etc/passwd'), 'keepalived:x:999:999::/:/bin/false\n');
    expect(await host.files.knows('owner', 'keepalived')).toBe(true);
  });

  it('takes an absolute link as one inside it', async () => {
    const { outside, image, host, blobs } = setUp();
    mkdirSync(join(image, 'srv/haproxy'), { recursive: true });
    symlinkSync('/srv/haproxy', join(image, 'etc/haproxy'));
    await host.files.write('/etc/haproxy/a', blobs.file('x'));
    expect(readdirSync(join(image, 'srv/haproxy'))).toEqual(['a']);
    expect(await host.files.stamp('/etc/haproxy/a')).not.toBeNull();
    expect(readdirSync(outside)).toEqual(['image']);
  });

  it.each(['../..', '../../../../../..', '/../..', 'sub/../../..'])(
    'is not left by the link %s',
    async (target) => {
      const { outside, image, host, blobs } = setUp();
      mkdirSync(join(image, 'etc/sub'));
      symlinkSync(target, join(image, 'etc/link'));
      writeFileSync(join(outside, 'secret'), 'of this machine');
      expect(await host.files.read('/etc/link/secret')).toBeNull();
      await host.files.write('/etc/link/a', blobs.file('x'));
      expect(readFileSync(join(image, 'a'), 'utf8')).toBe('x');
      expect(readdirSync(outside)).toEqual(['image', 'secret']);
    },
  );

  it('does not follow a link at the end of a path out either', async () => {
    const { outside, image, host } = setUp();
    writeFileSync(join(outside, 'secret'), 'of this machine');
    symlinkSync(join(outside, 'secret'), join(image, 'etc/a'));
    await expect(host.files.read('/etc/a')).rejects.toThrow('/etc/a is a symbolic link');
  });

  it('is never the running system', () => {
    expect(() => openImage('/', memoryBlobs())).toThrow('/ is the running system');
    expect(() => openImage('/etc/..', memoryBlobs())).toThrow('/ is the running system');
  });

  it('says who it will be', () => {
    const { image } = setUp();
    expect(() => readImageIdentity(image)).toThrow('has no etc/hostname');
    writeFileSync(join(image, 'etc/hostname'), 'Kubernetes-Node-2.home\n');
    expect(readImageIdentity(image)).toEqual({ hostname: 'kubernetes-node-2', addresses: new Map() });
  });
});
