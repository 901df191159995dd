import { readdirSync } from 'node:fs';
import type { LiveReader } from './host.ts';
import { startedAt } from './listeners.ts';
import type { NginxAnswer } from './probes.ts';
import { processOf, readProcess } from './unit-process.ts';

/** Its master process has no socket to ask, but a child for every worker, which says in its own title what it does. */
export async function seeNginx(unit: string, live: LiveReader): Promise<NginxAnswer> {
  const found = await processOf(unit, live);
  if ('down' in found) return found;
  const workers = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => workerOf(found.pid, Number(pid)));
  return { workers };
}

/** One that is still there to end its connections after a reload is titled "… is shutting down". */
const WORKER = /^nginx: worker process\s*$/;

function workerOf(master: number, pid: number): readonly string[] {
  const stat = readProcess(pid, 'stat');
  if (stat === null || parentIn(stat) !== master) return [];
  const title = (readProcess(pid, 'cmdline') ?? '').replaceAll('\0', ' ');
  return WORKER.test(title) ? [`${pid}/${startedAt(stat)}`] : [];
}

/** proc_pid_stat(5), field 4. The name before it may hold blanks and brackets. */
export const parentIn = (stat: string): number => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
