import { closeSync, lstatSync, readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { openAccounts } from './accounts.ts';
import type { Accounts } from './accounts.ts';
import { codeOf, FileProblem, fileProblem } from './file-problem.ts';
import type { BlobMemory, FileOnDisk, FileWriter } from './host.ts';
import { assertPath, inside, openDirectory } from './open-directory.ts';
import type { Root } from './open-directory.ts';
import { readRegularFile } from './read-file.ts';
import { removeFile } from './remove-file.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

/** The files of a running host, or of an image at rest. */
export function openFiles(root: Root, blobs: BlobMemory): FileWriter {
  const accounts = openAccounts({
    stamp: (path) => at(root, path, stampOf),
    text: (path) => Buffer.from(at(root, path, readRegularFile)?.bytes ?? []).toString('utf8'),
  });
  return {
    remember: (bytes) => blobs.remember(bytes),
    bytes: (ref) => blobs.bytes(ref),
    text: (ref) => blobs.text(ref),
    read: async (path) => {
      const file = at(root, path, readRegularFile);
      if (file === null) return null;
      const owner = accounts.name('owner', file.uid);
      const group = accounts.name('group', file.gid);
      return { content: blobs.remember(file.bytes), mode: file.mode, owner, group };
    },
    missingDirectory: async (path) => missingDirectory(root, path),
    list: async (directory) => list(root, directory),
    stamp: async (path) => at(root, path, stampOf),
    knows: async (what, name) => accounts.id(what, name) !== null,
    write: async (path, to) =>
      writeFileAtomic(root, path, { ...toNumbers(path, to, accounts), bytes: blobs.bytes(to.content) }),
    remove: async (path, upTo) => removeFile(root, path, upTo),
  };
}

/**
 * Calls `act` with a name under which the system finds `path`. On the running host that is `path` itself: the kernel
 * resolves it, and reading where somebody's link leads harms nobody. In an image the way there is walked.
 */
function at<T>(root: Root, path: string, act: (path: string, shown: string) => T | null): T | null {
  assertPath(path);
  if (root.path === '/') return act(path, path);
  const found = openDirectory(root, dirname(path));
  if (!('descriptor' in found)) return null;
  try {
    return act(inside(found.descriptor, basename(path)), path);
  } finally {
    closeSync(found.descriptor);
  }
}

/** ctime too: a change of mode or owner, and a write that put the old mtime back, must show. */
function stampOf(path: string, shown: string): string | null {
  try {
    const entry = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (entry === undefined) return null;
    return [entry.dev, entry.ino, entry.size, entry.mtimeNs, entry.ctimeNs].join(':');
  } catch (error) {
    if (codeOf(error) === 'ENOTDIR') return null;
    throw fileProblem('look at', shown, error);
  }
}

function missingDirectory(root: Root, path: string): string | null {
  const found = openDirectory(root, dirname(path));
  if ('descriptor' in found) {
    closeSync(found.descriptor);
    return null;
  }
  if (!found.dangling) return found.missing;
  throw new FileProblem(
    path,
    `A symbolic link on the way to ${path} points at something that does not exist. Make that folder, or remove the link.`,
  );
}

function list(root: Root, directory: string): readonly string[] | null {
  const found = openDirectory(root, directory);
  if (!('descriptor' in found)) return null;
  try {
    return readdirSync(inside(found.descriptor, '.')).toSorted();
  } catch (error) {
    throw fileProblem('list', directory, error);
  } finally {
    closeSync(found.descriptor);
  }
}

function toNumbers(path: string, to: FileOnDisk, accounts: Accounts) {
  const uid = accounts.id('owner', to.owner);
  const gid = accounts.id('group', to.group);
  if (uid !== null && gid !== null) return { mode: to.mode, uid, gid };
  const missing = uid === null ? `user "${to.owner}"` : `group "${to.group}"`;
  throw new FileProblem(
    path,
    `${path} is to belong to the ${missing}, whom this host does not have. Install the package that makes it first, or name another one.`,
  );
}
