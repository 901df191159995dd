import { connect } from 'node:net';
import { noAnswerWithin, connectionProblem } from './connection-problem.ts';
import type { LiveReader } from './host.ts';
import type { HaproxyAnswer } from './probes.ts';
import { processOf, readProcess } from './unit-process.ts';

/**
 * HAProxy's master process, over the socket that Debian's unit gives it (`-S`). It alone knows whether a reload
 * worked: systemd says success although the new worker died on a bind that is taken (measured, 3.0.11).
 */
export async function askHaproxy(unit: string, live: LiveReader, timeoutMs: number): Promise<HaproxyAnswer> {
  const found = await processOf(unit, live);
  if ('down' in found) return found;
  const path = masterSocketIn(readProcess(found.pid, 'cmdline') ?? '');
  if (path === null) return { noSocket: true };
  const answer = await askSocket(path, 'show proc', timeoutMs);
  if ('failed' in answer) return { silent: `${path}: ${answer.failed}` };
  const seen = readShowProc(answer.text);
  if (seen === null) return { silent: `${path} gave an answer to "show proc" that Holdfast cannot read` };
  if (seen.failed === 0 && seen.workerOfLastReload) return { ...seen, alerts: [] };
  const logs = await askSocket(path, 'show startup-logs', timeoutMs);
  return { ...seen, alerts: 'text' in logs ? alertsIn(logs.text) : [] };
}

/** The argument of `-S`, without what may follow a comma (mode, user). `cmdline` as /proc gives it, with zero bytes. */
export function masterSocketIn(cmdline: string): string | null {
  const words = cmdline.split('\0');
  const argument = words[words.indexOf('-S') + 1];
  return words.includes('-S') && argument?.startsWith('/') === true ? argument.split(',')[0]! : null;
}

/**
 * `show proc`, management guide section 9.4. A line a process: pid, type, reloads, uptime, version. The master's
 * reloads are followed by how many of the last ones failed; a worker's count the reloads that it has outlived, so 0
 * is the one that the last reload started.
 */
export function readShowProc(
  text: string,
): Omit<Extract<HaproxyAnswer, { reloads: number }>, 'alerts'> | null {
  const master = /^\d+\s+master\s+(\d+)(?:\s+\[failed: (\d+)\])?/m.exec(text);
  if (master === null) return null;
  return {
    reloads: Number(master[1]),
    failed: Number(master[2] ?? 0),
    workerOfLastReload: /^\d+\s+worker\s+0\s/m.test(text),
  };
}

const alertsIn = (logs: string): readonly string[] =>
  logs
    .split('\n')
    .filter((line) => line.startsWith('[ALERT]'))
    .map((line) => line.replace(/^\[ALERT\]\s+\(\d+\) : /, '').trim());

/** The master answers one line, and only when the asker has said that nothing more comes. */
function askSocket(
  path: string,
  question: string,
  timeoutMs: number,
): Promise<{ readonly text: string } | { readonly failed: string }> {
  return new Promise((resolve) => {
    const socket = connect({ path, allowHalfOpen: true });
    let text = '';
    const end = (answer: { readonly text: string } | { readonly failed: string }): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end({ failed: noAnswerWithin(timeoutMs) }), timeoutMs);
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => (text += part));
    socket.once('end', () => end({ text }));
    socket.on('error', (error) => end({ failed: connectionProblem(error, timeoutMs) }));
    socket.end(`${question}\n`);
  });
}
