import { readFileSync } from 'node:fs';
import type { LiveReader } from './host.ts';

export type UnitProcess = { readonly pid: number; readonly program: string } | { readonly down: string };

/** A unit's main process; `down`: a clause that says why there is none. */
export async function processOf(unit: string, live: LiveReader): Promise<UnitProcess> {
  const { stdout } = await live.query([
    'systemctl',
    'show',
    '-p',
    'ActiveState,SubState,MainPID',
    '--',
    unit,
  ]);
  const shown = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(stdout)?.[1] ?? '';
  const pid = Number(shown('MainPID'));
  const state = shown('ActiveState');
  // A daemon that is just starting may not have its signals and sockets ready.
  if (!['active', 'reloading'].includes(state) || !(pid > 0))
    return {
      down: `${unit} is ${state || 'unknown to systemd'}${state === '' ? '' : ` (${shown('SubState')})`}`,
    };
  const program = readProcess(pid, 'comm')?.trim();
  return program === undefined ? { down: `the main process of ${unit} has just ended` } : { pid, program };
}

/** A file of /proc/PID; `null`: the process is gone. */
export function readProcess(pid: number, file: 'comm' | 'cmdline' | 'stat' | 'status'): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return null;
  }
}
