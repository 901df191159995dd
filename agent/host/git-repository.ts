import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gitConfig } from './git-config.ts';
import type { Remote } from './git-remote.ts';

const HEAD = 'ref: refs/heads/none\n';

/**
 * Makes `repository.git` under `source`, or what is missing of it, and brings its configuration to what agent.yaml
 * says now. What `git init` would copy besides (sample hooks, a description) is left out. True: it was made anew.
 */
export async function ensureRepository(source: string, remote: Remote | null): Promise<boolean> {
  const directory = join(source, 'repository.git');
  const [head, config] = await Promise.all([text(join(directory, 'HEAD')), text(join(directory, 'config'))]);
  const wanted = remote === null && config !== null ? config : gitConfig(remote);
  if (head === HEAD && config === wanted) return false;
  for (const folder of [
    source,
    join(source, 'home'),
    directory,
    ...FOLDERS.map((name) => join(directory, name)),
  ]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  await chmod(source, 0o700);
  await chmod(directory, 0o700);
  await replace(join(directory, 'config'), wanted);
  if (head === HEAD) return false;
  await replace(join(directory, 'HEAD'), HEAD);
  return true;
}

const FOLDERS = ['objects/info', 'objects/pack', 'refs/heads'];

async function text(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw problem;
  }
}

/** Not flushed: after a power cut it is compared with what it should be, and written again. */
async function replace(path: string, content: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await writeFile(aside, content, { mode: 0o600, flag: 'wx' });
    await rename(aside, path);
  } finally {
    await rm(aside, { force: true });
  }
}
