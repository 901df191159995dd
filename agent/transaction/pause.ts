import type { StateDirectory } from '../host/host.ts';
import type { Paused } from '../report/status.ts';

const FILE = 'pause.json';

/**
 * Whether somebody has asked for this host to be left alone. `null`: nobody has, or the time is over. Throws when that
 * cannot be found out. A file of which only part can be understood is a pause without an end: whoever wrote it wanted
 * peace, and a host that waits for one command is better off than one that is changed under somebody's hands.
 */
export async function readPause(state: StateDirectory, nowMs: number): Promise<Paused | null> {
  const bytes = await state.read(FILE);
  if (bytes === null) return null;
  const paused = pausedIn(new TextDecoder().decode(bytes), `${state.path}/${FILE}`);
  return paused.untilMs !== null && paused.untilMs <= nowMs ? null : paused;
}

export const writePause = (state: StateDirectory, paused: Paused): Promise<void> =>
  state.replace(FILE, JSON.stringify({ version: 1, ...paused }));

export const clearPause = (state: StateDirectory): Promise<void> => state.remove(FILE);

function pausedIn(text: string, path: string): Paused {
  const { reason, by, sinceMs, untilMs } = fieldsIn(text);
  const whole =
    typeof reason === 'string' &&
    typeof by === 'string' &&
    typeof sinceMs === 'number' &&
    (untilMs === null || typeof untilMs === 'number');
  if (whole) return { reason, by, sinceMs, untilMs };
  return {
    reason: `${path} is damaged, and may hold a pause: "holdfast resume" ends it, "holdfast pause" writes it anew`,
    by: 'somebody',
    sinceMs: typeof sinceMs === 'number' ? sinceMs : 0,
    untilMs: null,
  };
}

function fieldsIn(text: string): { readonly [name in keyof Paused]?: unknown } {
  try {
    return (JSON.parse(text) as { readonly [name in keyof Paused]?: unknown } | null) ?? {};
  } catch {
    return {};
  }
}
