import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { atWork, endOrphans } from './git-processes.ts';

/**
 * A Git that was killed leaves its locks, and the next one refuses to work ("File exists"). They are removed unless
 * another agent has Git at work here; what a dead agent left running is ended first. Costs a few directory
 * reads where there is nothing to remove.
 */
export async function clearLeftovers(repository: string): Promise<readonly string[]> {
  const found = await leftovers(repository);
  if (found.length === 0) return [];
  await endOrphans(repository);
  if (atWork(repository)) return [];
  for (const path of found) await rm(path, { force: true, recursive: true });
  return found;
}

async function leftovers(repository: string): Promise<readonly string[]> {
  const lists = await Promise.all([
    matching(repository, LOCK, false),
    matching(join(repository, 'refs'), LOCK, true),
    matching(join(repository, 'objects'), TEMPORARY, false),
    matching(join(repository, 'objects', 'info'), LOCK, false),
    matching(join(repository, 'objects', 'pack'), TEMPORARY, false),
  ]);
  return lists.flat();
}

const LOCK = /\.lock$/;
// `.keep` is what a fetch holds a new pack with until its refs are written (git-index-pack(1)).
const TEMPORARY = /^(?:tmp_|\.tmp-)|\.(?:lock|keep)$/;

async function matching(folder: string, pattern: RegExp, recursive: boolean): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive }).catch((problem: NodeJS.ErrnoException) => {
    if (problem.code === 'ENOENT') return [];
    throw problem;
  });
  return names.filter((name) => pattern.test(name)).map((name) => join(folder, name));
}
