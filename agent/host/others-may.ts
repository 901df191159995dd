import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { resolve } from 'node:path';
import { fileProblem } from './file-problem.ts';

/** `private`: nobody else may read it either (a key, what may hold a token). */
export type Keeping = 'private' | 'public';

/**
 * A sentence, when others than root (or whoever runs this) can change a file that the agent trusts, put another one in
 * its place, or read what is private; `null`: nobody can, or nothing is there. Judged are the file, every folder on the
 * way and every link: whoever can write to a folder chooses what is in it, unless it is sticky (inode(7)).
 */
export function whatOthersMay(path: string, keeping: Keeping): string | null {
  const way = wayTo(path);
  const file = way.pop();
  for (const passed of way) {
    if (!isOurs(passed))
      return mayChange(
        path,
        `${passed.path} belongs to user ${passed.entry.uid}`,
        `chown -h root ${passed.path}`,
      );
    if (isShared(passed))
      return mayChange(path, `they can write to the folder ${passed.path}`, `chmod go-w ${passed.path}`);
  }
  return file === undefined ? null : aboutFile(path, file, keeping);
}

type Passed = { readonly path: string; readonly entry: Stats };

function aboutFile(path: string, file: Passed, keeping: Keeping): string | null {
  const chmod = `chmod ${keeping === 'private' ? '0600' : 'go-w'} ${file.path}`;
  const mode = (file.entry.mode & 0o7777).toString(8).padStart(4, '0');
  if (!isOurs(file))
    return mayChange(path, `it belongs to user ${file.entry.uid}`, `chown root ${file.path} && ${chmod}`);
  if ((file.entry.mode & 0o022) !== 0) return mayChange(path, `its mode is ${mode}`, chmod);
  return keeping === 'public' || (file.entry.mode & 0o044) === 0
    ? null
    : `${path} can be read by others than root: its mode is ${mode}. Run "${chmod}"; what somebody may have read (a key, a token) is to be replaced.`;
}

const mayChange = (path: string, why: string, mend: string): string =>
  `${path} can be changed by others than root, who could so become root: ${why}. Run "${mend}", then look at what it says.`;

const isOurs = ({ entry }: Passed): boolean => entry.uid === 0 || entry.uid === process.geteuid?.();
const isShared = ({ entry }: Passed): boolean =>
  entry.isDirectory() && (entry.mode & 0o022) !== 0 && (entry.mode & 0o1000) === 0;

/** As many as the kernel follows (path_resolution(7)). */
const MOST_LINKS = 40;

/** Every folder and link that is passed from the root on, and last what is there in the end; empty: nothing is. */
function wayTo(path: string): Passed[] {
  const passed: Passed[] = [];
  let ahead = resolve(path).split('/').slice(1);
  let at = '/';
  let links = 0;
  passed.push({ path: at, entry: lstatSync(at) });
  for (let name = ahead.shift(); name !== undefined; name = ahead.shift()) {
    const here = resolve(at, name);
    const entry = entryAt(here, path);
    if (entry === null) return [];
    passed.push({ path: here, entry });
    if (!entry.isSymbolicLink()) at = here;
    else {
      if (++links > MOST_LINKS) return [];
      const target = resolve(at, readlinkSync(here));
      [at, ahead] = ['/', [...target.split('/').slice(1), ...ahead]];
    }
  }
  return passed;
}

function entryAt(here: string, asked: string): Stats | null {
  try {
    return lstatSync(here, { throwIfNoEntry: false }) ?? null;
  } catch (error) {
    throw fileProblem('look at', asked, error);
  }
}
