/**
 * A command is started as the leader of a process group of its own, so that a time-out reaches what it started as
 * well (a shell's children, apt's dpkg), and so that Ctrl-C at a terminal does not tear an apply apart.
 */
export type Deadline = {
  expired(): boolean;
  /** The command has ended: nothing is killed any more. */
  clear(): void;
};

const GRACE_MS = 2_000;
const PIPES_GRACE_MS = 500;

/**
 * After `timeoutMs` the group gets SIGTERM, and SIGKILL 2 s later. `release` is called last of all: a descendant that
 * left the group may still hold the pipes, and nobody waits for that one.
 */
export function stopGroupAfter(
  leader: number,
  timeoutMs: number,
  release: () => void,
  graceMs: number = GRACE_MS,
): Deadline {
  let expired = false;
  let force: NodeJS.Timeout | undefined;
  const timer = setTimeout(() => {
    expired = true;
    signalGroup(leader, 'SIGTERM');
    force = setTimeout(() => {
      signalGroup(leader, 'SIGKILL');
      release();
    }, graceMs);
  }, timeoutMs);
  return {
    expired: () => expired,
    clear: () => {
      clearTimeout(timer);
      if (force === undefined) return;
      clearTimeout(force);
      // The leader obeyed SIGTERM; a grandchild may not have.
      signalGroup(leader, 'SIGKILL');
    },
  };
}

/** Nobody left in the group is no error. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // ESRCH: they have all gone by themselves.
  }
}

/**
 * A command has exited: what it left running may hold its output open for half a second more, not for ever. After
 * that one turn of the event loop is still read, for a loop that was busy meanwhile finds the timer first.
 */
export function releaseSoon(release: () => void): void {
  setTimeout(() => setImmediate(release), PIPES_GRACE_MS).unref();
}
