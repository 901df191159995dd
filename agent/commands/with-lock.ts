import { age } from '../report/times.ts';
import type { HeldBy } from '../host/lock.ts';
import { CommandRefused, EXIT, type Environment } from './environment.ts';

/** A daemon's cycle ends well within this unless it installs packages. */
const WAIT_MS = 60_000;

/** One cycle at a time on a host, whoever asks: the daemon or a person. */
export async function withLock<T>(
  path: string,
  command: string,
  { machine, err }: Environment,
  act: () => Promise<T>,
): Promise<T> {
  let taken = await machine.takeLock(path, command, 0);
  if ('heldBy' in taken) {
    err(`Waiting at most ${WAIT_MS / 1000} s: ${describeHolder(taken.heldBy, machine.clock.now())}.\n`);
    taken = await machine.takeLock(path, command, WAIT_MS);
  }
  if ('heldBy' in taken)
    throw new CommandRefused(
      `Nothing was done: ${describeHolder(taken.heldBy, machine.clock.now())}. Try again when it has ended.`,
      EXIT.locked,
    );
  try {
    return await act();
  } finally {
    taken.lock.release();
  }
}

export function describeHolder(held: HeldBy | null, nowMs: number): string {
  if (held === null) return 'another process holds the lock';
  const stopped = held.isStopped
    ? `, and is stopped (Ctrl-Z): "fg" where it was started, or "sudo kill -CONT ${held.pid}", lets it go on to its end`
    : '';
  return `"${held.command}" (pid ${held.pid}) has held the lock for ${age(nowMs - held.sinceMs)}${stopped}`;
}
