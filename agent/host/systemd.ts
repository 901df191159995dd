import { fstatSync, writeSync } from 'node:fs';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What systemd (PID 1) is told, sd_notify(3), and the journal's socket. Node can open neither kind of socket by
 * itself (unix datagram), so the unit's OpenFile= hands both over, connected, as it does listening sockets
 * (sd_listen_fds(3)). Every call does nothing when there is no such descriptor: at a terminal, in a test.
 *
 * They do not leak: Node marks every descriptor it starts with close-on-exec, and LISTEN_* is in no child's
 * environment because children get none of ours. `systemctl daemon-reexec` and a restart of journald leave them
 * valid, for PID 1 keeps both sockets open meanwhile.
 */
export interface Systemd {
  ready(status: string): void;
  status(text: string): void;
  /** To be sent at least every `watchdogMs`. */
  watchdog(): void;
  /** Followed by `ready` when it is done. */
  reloading(): void;
  stopping(): void;
  /** Half of WatchdogSec=, as sd_watchdog_enabled(3) recommends; `null`: systemd does not ask for it. */
  readonly watchdogMs: number | null;
  /** Sends one native entry; `false`: the journal did not take it. `null`: no descriptor. */
  readonly journal: ((entry: Uint8Array) => boolean) | null;
}

export function openSystemd(environment: Environment, pid: number): Systemd {
  const passed = passedDescriptors(environment, pid);
  const notify = passed.get('notify');
  const journal = passed.get('journal');
  const tell = (...lines: string[]): void => {
    if (notify !== undefined) send(notify, Buffer.from(lines.join('\n')));
  };
  return {
    ready: (text) => tell('READY=1', statusLine(text)),
    status: (text) => tell(statusLine(text)),
    watchdog: () => tell('WATCHDOG=1'),
    reloading: () => tell('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`),
    stopping: () => tell('STOPPING=1'),
    watchdogMs: watchdogMs(environment, pid),
    journal: journal === undefined ? null : (entry) => send(journal, entry),
  };
}

const FIRST = 3;

function passedDescriptors(environment: Environment, pid: number): ReadonlyMap<string, number> {
  // Meant for another process when the pid is not ours: a variable inherited through a wrapper.
  if (Number(environment['LISTEN_PID']) !== pid) return new Map();
  const count = Number(environment['LISTEN_FDS'] ?? 0);
  const names = (environment['LISTEN_FDNAMES'] ?? '').split(':').slice(0, count);
  const named = names.map((name, i) => [name, FIRST + i] as const);
  return new Map(named.filter(([, descriptor]) => isSocket(descriptor)));
}

function isSocket(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isSocket();
  } catch {
    return false;
  }
}

/** One datagram. Telling somebody how it goes never changes how it goes. */
function send(descriptor: number, datagram: Uint8Array): boolean {
  try {
    return writeSync(descriptor, datagram) === datagram.length;
  } catch {
    return false;
  }
}

/** A newline would begin another assignment. `systemctl status` shows about this much. */
const statusLine = (text: string): string => `STATUS=${text.replaceAll(/[\p{Cc}\s]+/gu, ' ').slice(0, 500)}`;

function watchdogMs(environment: Environment, pid: number): number | null {
  const forPid = environment['WATCHDOG_PID'];
  if (forPid !== undefined && Number(forPid) !== pid) return null;
  const microseconds = Number(environment['WATCHDOG_USEC'] ?? 0);
  return microseconds > 0 ? Math.trunc(microseconds / 2000) : null;
}
