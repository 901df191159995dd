import { closeSync } from 'node:fs';
import { resolve } from 'node:path';
import { openFiles } from './disk-files.ts';
import { FileProblem } from './file-problem.ts';
import type { BlobMemory, Host, Identity } from './host.ts';
import { shortHostname } from './identity.ts';
import { inside, openDirectory } from './open-directory.ts';
import type { Root } from './open-directory.ts';
import { readRegularFile } from './read-file.ts';

/**
 * A host at rest, unpacked or mounted under `root` (`--root DIR`): a card before its first boot. Every path is found
 * inside it, absolute links included, and names of owners are its own. Nothing runs there, so `live` is null.
 */
export function openImage(root: string, blobs: BlobMemory): Host {
  return { files: openFiles(imageRoot(root), blobs), live: null };
}

/** Who the image will be: what its /etc/hostname says. It has no addresses before it boots. */
export function readImageIdentity(root: string): Identity {
  const etc = openDirectory(imageRoot(root), '/etc');
  if (!('descriptor' in etc)) throw notAnImage(root);
  try {
    const file = readRegularFile(inside(etc.descriptor, 'hostname'), `${root}/etc/hostname`);
    if (file === null) throw notAnImage(root);
    const name = Buffer.from(file.bytes).toString('utf8').trim();
    return { hostname: shortHostname(name), addresses: new Map() };
  } finally {
    closeSync(etc.descriptor);
  }
}

function imageRoot(root: string): Root {
  const path = resolve(root);
  if (path !== '/') return { path, links: 'anybody' };
  throw new FileProblem(
    path,
    '/ is the running system, not an image at rest. Leave --root out to act on it.',
  );
}

const notAnImage = (root: string): FileProblem =>
  new FileProblem(
    root,
    `${root} does not look like a system: it has no etc/hostname. Name the folder its root file system is mounted on, or give its name as hostname in agent.yaml.`,
  );
