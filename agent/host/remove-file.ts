import { closeSync, fsyncSync, rmdirSync, unlinkSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { codeOf, FileProblem, fileProblem } from './file-problem.ts';
import { sweepLeftovers } from './leftovers.ts';
import { inside, openDirectory } from './open-directory.ts';
import type { Root } from './open-directory.ts';
import { lookAt } from './read-file.ts';

/**
 * Removes the file, then every folder from its parent up to and including `upTo` that is empty. Done again after a
 * crash it goes on where it stopped: what is already gone is passed over.
 */
export function removeFile(root: Root, path: string, upTo: string | null): void {
  if (upTo !== null && !path.startsWith(`${upTo}/`)) {
    throw new FileProblem(path, `${upTo} is not a folder on the way to ${path}.`);
  }
  within(root, dirname(path), (folder) => {
    sweepLeftovers(inside(folder, '.'));
    if (lookAt(inside(folder, basename(path)), path) === null) return;
    unlinkSync(inside(folder, basename(path)));
    fsyncSync(folder);
  });
  if (upTo === null) return;
  for (let folder = dirname(path); folder.length >= upTo.length; folder = dirname(folder)) {
    if (!removeEmpty(root, folder)) return;
  }
}

function removeEmpty(root: Root, folder: string): boolean {
  let gone = true;
  within(root, dirname(folder), (parent) => {
    try {
      rmdirSync(inside(parent, basename(folder)));
      fsyncSync(parent);
    } catch (error) {
      const code = codeOf(error);
      // Somebody else's file is in it, or something is mounted on it: it stays.
      if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'EBUSY') gone = false;
      else if (code !== 'ENOENT') throw fileProblem('remove the folder', folder, error);
    }
  });
  return gone;
}

function within(root: Root, directory: string, act: (descriptor: number) => void): void {
  const found = openDirectory(root, directory);
  if (!('descriptor' in found)) return;
  try {
    act(found.descriptor);
  } catch (error) {
    throw fileProblem('remove a file in', directory, error);
  } finally {
    closeSync(found.descriptor);
  }
}
