import type { StateDirectory } from '../host/host.ts';
import { sameButTime, type Status } from './status.ts';

const FILE = 'status.json';

type Places = { readonly state: StateDirectory; readonly runtime: StateDirectory };

/** The freshest one: after a boot only the one in the state directory is left. `null`: no cycle has ended yet. */
export async function readStatus({ state, runtime }: Places): Promise<Status | null> {
  for (const place of [runtime, state]) {
    const bytes = await place.read(FILE);
    if (bytes === null) continue;
    try {
      const status = JSON.parse(new TextDecoder().decode(bytes)) as Partial<Status>;
      // What an earlier release did not say yet is not known.
      if (status.version === 1)
        return { ...status, vipHeld: status.vipHeld ?? null, managed: status.managed ?? [] } as Status;
    } catch {
      // A torn status is only a report: the next cycle writes a whole one.
    }
  }
  return null;
}

/** Every cycle into the runtime directory; into the state directory, an SD card, only when there is news. */
export async function writeStatus(
  status: Status,
  before: Status | null,
  { state, runtime }: Places,
): Promise<void> {
  const text = JSON.stringify(status);
  await runtime.replace(FILE, text);
  if (before === null || !sameButTime(before, status)) await state.replace(FILE, text);
}
