import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Git starts children (ssh, index-pack, git-remote-https) that outlive it when it is killed. All of them inherit
 * this variable, so they are found by it, whoever their parent is by now.
 */
export const MARK = 'HOLDFAST_GIT';

/** `repository|agent|call`; the agent is its process id and start time, which no other process shares. */

export const newMark = (repository: string, call: string): string =>
  `${repository}|${agentNow(process.pid)}|${call}`;

function agentNow(pid: number | string): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // proc_pid_stat(5): the 22nd field is the start time; the name, second, may contain spaces but ends at the last ')'.
  return `${pid}@${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
}

/** Processes that carry a mark for which `wanted` holds. */
function marked(wanted: (mark: string) => boolean): { readonly pid: number; readonly mark: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const mark = markOf(pid);
      return mark !== null && wanted(mark) ? [{ pid: Number(pid), mark }] : [];
    });
}

function markOf(pid: string): string | null {
  try {
    const found = readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .find((entry) => entry.startsWith(`${MARK}=`));
    return found?.slice(MARK.length + 1) ?? null;
  } catch {
    return null; // gone in the meantime, or not ours to look at
  }
}

/**
 * Ends every process with a mark that `wanted` holds for: SIGTERM, on which Git removes its temporary files, and
 * SIGKILL for what is still there after `graceMs`. A process that survives that sits in the kernel; it is left.
 */
async function end(wanted: (mark: string) => boolean, graceMs: number): Promise<void> {
  for (const [signal, withinMs] of [
    ['SIGTERM', graceMs],
    ['SIGKILL', 1_000],
  ] as const) {
    for (let waitedMs = 0; waitedMs <= withinMs; waitedMs += 20) {
      const left = marked(wanted);
      if (left.length === 0) return;
      for (const { pid } of left) signalTo(pid, signal);
      await sleep(20);
    }
  }
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended between being found and being signalled.
  }
}

export const endCall = (mark: string): Promise<void> => end((found) => found === mark, 500);

/** Ends what an agent that is no more left running on this repository. */
export const endOrphans = (repository: string): Promise<void> =>
  end((mark) => mark.startsWith(`${repository}|`) && !alive(mark), 500);

/** Whether a living agent, this one or another, has Git at work on this repository. */
export const atWork = (repository: string): boolean =>
  marked((mark) => mark.startsWith(`${repository}|`) && alive(mark)).length > 0;

function alive(mark: string): boolean {
  const agent = mark.split('|').at(-2) ?? '';
  try {
    return agentNow(agent.split('@')[0] ?? '') === agent;
  } catch {
    return false;
  }
}
