import { lstatSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { askCommand } from './ask-command.ts';
import { noAnswerWithin } from './connection-problem.ts';
import { codeOf } from './file-problem.ts';
import type { LiveReader } from './host.ts';
import type { VrrpAnswer } from './probes.ts';
import { readRegularFile } from './read-file.ts';
import { processOf, readProcess } from './unit-process.ts';
import { instancesIn } from './vrrp-instances.ts';

const UNIT = 'keepalived.service';
const CONFIGURATION = '/etc/keepalived/keepalived.conf';
const LOOK_EVERY_MS = 10;

/**
 * keepalived's state as it gives it itself: a signal makes it write a file, a while later (20 to 200 ms, measured).
 * The file holds the VRRP password, so it is taken away as soon as it is read, and its bytes go no further.
 */
export function openKeepalived(live: LiveReader): (timeoutMs: number) => Promise<VrrpAnswer> {
  let signal: Promise<number | null> | null = null;
  return async (timeoutMs) => {
    const found = await processOf(UNIT, live);
    if ('down' in found) return found;
    if (found.program !== 'keepalived')
      return { silent: `the main process of ${UNIT} is ${found.program}, which Holdfast cannot ask` };
    signal ??= signalNumber();
    const number = await signal;
    if (number === null) return { silent: 'this keepalived cannot write its state as JSON' };
    // A real-time signal that nobody waits for ends the process.
    if (!expects(readProcess(found.pid, 'status') ?? '', number))
      return { silent: 'keepalived is not ready to be asked' };
    return ask(found.pid, number, timeoutMs);
  };
}

async function signalNumber(): Promise<number | null> {
  const { exitCode, stdout } = await askCommand(['keepalived', '--signum=JSON']);
  const number = Number(stdout.trim());
  return exitCode === 0 && Number.isInteger(number) && number > 0 ? number : null;
}

/** Whether a process catches, blocks (signalfd) or ignores a signal, by the masks in /proc/PID/status, proc(5). */
export function expects(status: string, signal: number): boolean {
  return ['SigBlk', 'SigCgt', 'SigIgn'].some((name) => {
    const mask = new RegExp(`^${name}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1];
    return mask !== undefined && ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
  });
}

async function ask(pid: number, signal: number, timeoutMs: number): Promise<VrrpAnswer> {
  const path = dumpPath();
  await remove(path);
  try {
    process.kill(pid, signal);
    for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += LOOK_EVERY_MS) {
      await sleep(LOOK_EVERY_MS);
      const instances = readDump(path);
      if (instances !== null) return { instances };
    }
    return { silent: noAnswerWithin(timeoutMs) };
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return { down: `the main process of ${UNIT} has just ended` };
    throw error;
  } finally {
    await remove(path);
  }
}

/** keepalived.conf(5): `json_dump_file`; without it a file in /tmp. */
function dumpPath(): string {
  const text = Buffer.from(readRegularFile(CONFIGURATION)?.bytes ?? []).toString('utf8');
  return /^\s*json_dump_file\s+"?(\/[^\s"]+)/m.exec(text)?.[1] ?? '/tmp/keepalived.json';
}

/** `null`: not there yet, or not whole yet. In /tmp anybody can put something, so only root's file counts. */
function readDump(path: string): ReturnType<typeof instancesIn> {
  const file = readRegularFile(path);
  if (file === null || file.uid !== process.geteuid!()) return null;
  return instancesIn(Buffer.from(file.bytes).toString('utf8'));
}

async function remove(path: string): Promise<void> {
  try {
    if (!lstatSync(path).isDirectory()) await unlink(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}
