import type { StateDirectory } from '../host/host.ts';
import { sameButTime, type LastChange, type Status } from './status.ts';
import { wholeChange } from './whole-change.ts';

const FILE = 'status.json';

export type StatusPlaces = { readonly state: StateDirectory; readonly runtime: StateDirectory };

/** The freshest one: after a boot only the one in the state directory is left. `null`: no cycle has ended yet. */
export async function readStatus({ state, runtime }: StatusPlaces): Promise<Status | null> {
  for (const place of [runtime, state]) {
    const bytes = await place.read(FILE);
    if (bytes === null) continue;
    try {
      const status = JSON.parse(new TextDecoder().decode(bytes)) as Partial<Status>;
      if (status.version === 1) return whole(status as Status);
    } catch {
      // A torn status is only a report: the next cycle writes a whole one.
    }
  }
  return null;
}

/** What an earlier release did not say yet is not known. */
function whole(status: Status): Status {
  const { lastChange, lastDrift, stuck } = status as Partial<Status>;
  const change = (one: unknown): LastChange | null => ((one ?? null) === null ? null : wholeChange(one));
  return {
    ...NOT_SAID,
    ...status,
    stuck: change(stuck),
    lastChange: change(lastChange),
    lastDrift: change(lastDrift),
  };
}

const NOT_SAID = { vipHeld: null, managed: [], held: null, paused: null, pauseSaidMs: null };

/**
 * Every cycle into the runtime directory; into the state directory, an SD card, only when there is news, or when the
 * runtime directory takes nothing. Throws when either could not be written, and only after both were tried.
 */
export async function writeStatus(
  status: Status,
  before: Status | null,
  { state, runtime }: StatusPlaces,
): Promise<void> {
  const text = JSON.stringify(status);
  const full = await runtime.replace(FILE, text).then(
    () => null,
    async (cause: unknown) => {
      // The one before would be read as the freshest, and hide what the state directory has.
      await runtime.remove(FILE).catch(() => undefined);
      return { cause };
    },
  );
  if (full !== null || before === null || !sameButTime(before, status)) await state.replace(FILE, text);
  if (full !== null) throw full.cause;
}
