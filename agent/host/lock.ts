import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { askCommand } from './ask-command.ts';
import { shownCommand } from './command-failed.ts';
import { FileProblem, fileProblem } from './file-problem.ts';
import { inside, openOrMakeDirectory } from './open-directory.ts';

export type Holder = { readonly pid: number; readonly command: string };
/**
 * `sinceMs`: wall clock. `isStopped`: by Ctrl-Z or a debugger, so it does not end by itself. Who holds it may be unknown
 * for a moment, or when it is not Holdfast.
 */
export type HeldBy = Holder & { readonly sinceMs: number; readonly isStopped: boolean };

export interface Lock {
  /** Doing it twice is no error. */
  release(): void;
}

export type Taken = { readonly lock: Lock } | { readonly heldBy: HeldBy | null };

const HELD = 75;

/**
 * One holder among the daemon and all commands, by flock(2). The kernel frees it when the holder is gone, however it
 * went: a lock file with a time in it goes stale (kured#137).
 *
 * Node has no flock, and no helper process has to stay for it: the lock belongs to the *open file*, which flock(1)
 * inherits, locks and leaves. Ours is close-on-exec, so nothing that Holdfast starts keeps the lock alive.
 *
 * The file is 0600: who can open it, even for reading, can lock it and stop Holdfast for good.
 */
export async function takeLock(path: string, holder: Holder, waitMs: number): Promise<Taken> {
  const descriptor = openLockFile(path);
  const release = releaseOnce(descriptor);
  try {
    if (!(await lock(descriptor, waitMs))) {
      const heldBy = readHolder(descriptor);
      closeSync(descriptor);
      return { heldBy };
    }
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  if (isStillThere(path, descriptor)) {
    write(descriptor, `${JSON.stringify({ pid: holder.pid, command: holder.command })}\n`);
    return { lock: { release } };
  }
  // Somebody removed the file meanwhile: this lock would exclude nobody.
  release();
  return takeLock(path, holder, waitMs);
}

function openLockFile(path: string): number {
  const folder = openOrMakeDirectory({ path: '/', links: 'ours' }, dirname(path), 0o755);
  try {
    const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
    return openSync(inside(folder, basename(path)), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  } catch (error) {
    throw fileProblem('open the lock', path, error);
  } finally {
    closeSync(folder);
  }
}

async function lock(descriptor: number, waitMs: number): Promise<boolean> {
  const wait = waitMs > 0 ? ['-w', String(waitMs / 1000)] : ['-n'];
  const argv = ['flock', '-x', ...wait, '-E', String(HELD), '3'];
  const { exitCode, stderr } = await askCommand(argv, {
    descriptors: [descriptor],
    timeoutMs: waitMs + 30_000,
  });
  if (exitCode === 0) return true;
  if (exitCode === HELD) return false;
  throw new FileProblem(
    'lock',
    `"${shownCommand(argv)}" failed with exit code ${exitCode}: ${stderr.trim()}`,
  );
}

function isStillThere(path: string, descriptor: number): boolean {
  const ours = fstatSync(descriptor);
  const there = lstatSync(path, { throwIfNoEntry: false });
  return there !== undefined && there.ino === ours.ino && there.dev === ours.dev;
}

/** Who holds it is a courtesy to others: a full /run must not keep Holdfast from working. */
function write(descriptor: number, text: string): void {
  try {
    ftruncateSync(descriptor, 0);
    writeSync(descriptor, text, 0);
  } catch {
    // Others will read "unknown".
  }
}

/** The file's mtime is the moment in which its holder took it. */
function readHolder(descriptor: number): HeldBy | null {
  try {
    const { pid, command } = JSON.parse(readFileSync(descriptor, 'utf8')) as Record<string, unknown>;
    if (typeof pid !== 'number' || typeof command !== 'string') return null;
    return { pid, command, sinceMs: Math.trunc(fstatSync(descriptor).mtimeMs), isStopped: isStopped(pid) };
  } catch {
    return null;
  }
}

/** proc_pid_stat(5): the state is the third field, behind a name that ends at the last ')'. */
function isStopped(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return /^ [Tt] /.test(stat.slice(stat.lastIndexOf(')') + 1));
  } catch {
    return false;
  }
}

function releaseOnce(descriptor: number): () => void {
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    try {
      ftruncateSync(descriptor, 0);
    } finally {
      closeSync(descriptor);
    }
  };
}
