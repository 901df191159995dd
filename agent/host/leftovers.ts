import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';

/**
 * Names for what lives only while one process works: temporary files and staging folders. The name says which
 * process (pid and start time, so that a reused pid is not mistaken for it), and so a crash's leftovers can be told
 * from what another process is writing this moment. The leading dot keeps kubelet from loading it: it reads every
 * file in its manifests folder whose name does not begin with one (kubernetes#136962).
 */
const NAME = /^\.holdfast-(\d+)-(\d+)-[0-9a-f]+\.tmp$/;

export const temporaryName = (): string =>
  `.holdfast-${process.pid}-${startOf(process.pid) ?? '0'}-${randomBytes(6).toString('hex')}.tmp`;

export const isTemporaryName = (name: string): boolean => NAME.test(name);

/** Removes what processes that are gone left in a folder. Failing to is not worth failing a write for. */
export function sweepLeftovers(directory: string): void {
  try {
    for (const name of readdirSync(directory)) {
      const mark = NAME.exec(name);
      if (mark !== null && startOf(Number(mark[1])) !== mark[2]) {
        rmSync(`${directory}/${name}`, { recursive: true, force: true });
      }
    }
  } catch {
    // The next write tries again.
  }
}

/** A process's start in ticks since boot (proc(5), stat, field 22); `null`: no such process. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, field 2, stands in brackets and may hold spaces and brackets: count from the last one.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
