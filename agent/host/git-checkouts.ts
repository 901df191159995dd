import {
  chmodSync,
  closeSync,
  constants,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TreeProblem } from '../desired/tree.ts';
import { codeOf, fileProblem } from './file-problem.ts';

/** A file or a link to make. `too large`: its name and size without its bytes, which nobody may read. */
export type Laid =
  | { readonly path: string; readonly type: 'file' | 'link'; readonly bytes: Uint8Array }
  | { readonly path: string; readonly type: 'too large'; readonly size: number };

export interface CheckoutFolders {
  /** The folder that holds `path` of a commit, complete; `null`: there is none. */
  find(commit: string, path: string): Promise<string | null>;
  /** Makes it, aside, and puts it in its place when it is complete. */
  make(commit: string, path: string, files: AsyncIterable<readonly Laid[]>): Promise<string>;
  /** Removes all but these commits'. */
  prune(keep: readonly string[]): Promise<void>;
}

/**
 * `source/checkouts/COMMIT/tree`, with `made` beside it. INVARIANTS:
 * 1. A folder of a commit's name is complete: it was renamed from its place aside after its last file.
 * 2. That holds for the boot that made it, because flushing thousands of files to a card takes minutes: `made` names
 *    the boot, and after a power cut, which may have emptied files, it is made anew.
 */
export function openCheckoutFolders(stateDirectory: string, boot: string): CheckoutFolders {
  const root = join(stateDirectory, 'source', 'checkouts');
  const made = (path: string) => `${JSON.stringify({ boot, path })}\n`;
  const find = async (commit: string, path: string) => {
    const says = await readFile(join(root, commit, 'made'), 'utf8').catch(() => null);
    return says === made(path) ? join(root, commit, 'tree') : null;
  };
  return {
    find,
    async make(commit, path, files) {
      await mkdir(root, { recursive: true, mode: 0o700 });
      const aside = await mkdtemp(join(root, `${ASIDE}${process.pid}-`));
      try {
        await layOut(join(aside, 'tree'), files);
        await writeFile(join(aside, 'made'), made(path), { mode: 0o400 });
        await removeTree(join(root, commit));
        await rename(aside, join(root, commit));
      } catch (problem) {
        throw codeOf(problem) === null ? problem : fileProblem('lay the commit out in', root, problem);
      } finally {
        await removeTree(aside);
      }
      return join(root, commit, 'tree');
    },
    async prune(keep) {
      for (const name of await readdir(root).catch(() => [])) {
        if (!keep.includes(name) && !beingMade(name)) await removeTree(join(root, name));
      }
    },
  };
}

export const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

const ASIDE = '.making-';

/** Another command may be making a checkout at this moment; one that was killed is not. */
function beingMade(name: string): boolean {
  if (!name.startsWith(ASIDE)) return false;
  const pid = Number(name.slice(ASIDE.length).split('-')[0]);
  try {
    return pid !== process.pid && process.kill(pid, 0);
  } catch {
    return false;
  }
}

/**
 * Links come last: while files are written there is no link on the way that could lead out. Synchronous within a
 * batch, because thousands of trips through the thread pool cost several times the work.
 */
async function layOut(tree: string, files: AsyncIterable<readonly Laid[]>): Promise<void> {
  const links: Laid[] = [];
  const directories = new Set([tree]);
  mkdirSync(tree, { mode: 0o700 });
  for await (const batch of files) {
    for (const file of batch) {
      refuseOddPath(file.path);
      if (file.type === 'link') links.push(file);
      else laid(file, () => makeFile(tree, file, directories));
    }
  }
  for (const link of links) laid(link, () => makeLink(tree, link, directories));
  for (const directory of directories) chmodSync(directory, 0o500);
}

/** What a commit's own names and links make impossible is a fault of the commit; anything else is one of this host. */
function laid(file: Laid, make: () => void): void {
  try {
    make();
  } catch (problem) {
    const why = IMPOSSIBLE[codeOf(problem) ?? ''];
    if (why === undefined) throw problem;
    const name = file.path.length <= 120 ? file.path : `${file.path.slice(0, 120)}…`;
    throw new TreeProblem(`The commit contains "${name}", which cannot be laid out: ${why}. Take it out.`);
  }
}
const IMPOSSIBLE: { readonly [code: string]: string } = {
  ENAMETOOLONG: 'a name in it, the whole path, or what the link says is too long',
  EEXIST: 'something else of the commit has the same path',
  ENOTDIR: 'something on the way to it is a file',
  ENOENT: 'the link leads nowhere',
  ERR_INVALID_ARG_VALUE: 'it holds a null byte',
};

/** Git itself never commits such names; whoever makes trees by hand can. */
function refuseOddPath(path: string): void {
  if (path.split('/').some((name) => name === '' || name === '.' || name === '..'))
    throw new TreeProblem(
      `The commit contains the path "${path}", which leaves the repository. Take it out.`,
    );
}

const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

function makeFile(tree: string, file: Laid, directories: Set<string>): void {
  const path = join(tree, file.path);
  makeDirectory(dirname(path), directories);
  const descriptor = openSync(path, NEW_FILE, 0o400);
  try {
    if (file.type === 'too large') ftruncateSync(descriptor, file.size);
    else for (let at = 0; at < file.bytes.length;) at += writeSync(descriptor, file.bytes, at);
  } finally {
    closeSync(descriptor);
  }
}

function makeLink(tree: string, link: Laid, directories: Set<string>): void {
  const path = join(tree, link.path);
  makeDirectory(dirname(path), directories);
  if (link.type === 'link') symlinkSync(Buffer.from(link.bytes), path);
}

function makeDirectory(directory: string, made: Set<string>): void {
  if (made.has(directory)) return;
  makeDirectory(dirname(directory), made);
  mkdirSync(directory, { mode: 0o700 });
  made.add(directory);
}

/** Also through directories without write permission, for whoever is not root. */
async function removeTree(path: string): Promise<void> {
  const there = await lstat(path).catch(() => null);
  if (there?.isDirectory()) {
    await chmod(path, 0o700);
    for (const entry of await readdir(path, { withFileTypes: true })) {
      if (entry.isDirectory()) await removeTree(join(path, entry.name));
    }
  }
  await rm(path, { recursive: true, force: true });
}
