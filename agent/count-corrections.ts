import { CalledOff } from './fleet/called-off.ts';
import type { Change, Plan } from './plan/change.ts';
import { readCorrections, withCorrections, writeCorrections, type Correction } from './plan/contested.ts';
import type { Tools } from './tools.ts';
import type { Changed } from './transaction/change.ts';

/**
 * What keeps coming back is counted, also where putting it right failed; not what was only taken back along with it. It
 * counts as failed before it is tried: a correction that ends the agent would be tried again at every start.
 */
export async function countCorrections(
  { changes, packagesFirst }: Pick<Plan, 'changes' | 'packagesFirst'>,
  act: () => Promise<Changed>,
  { runtime, clock }: Pick<Tools, 'runtime' | 'clock'>,
): Promise<Changed> {
  if (!packagesFirst && !changes.some(({ why }) => why === 'drift')) return act();
  const before = await readCorrections(runtime);
  // A full /run must not end a cycle that has work to do.
  const keep = (corrections: readonly Correction[]): Promise<void> =>
    writeCorrections(runtime, corrections).catch(() => undefined);
  await keep(withCorrections(before, changes, clock.now(), true));
  try {
    const changed = await act();
    const failed = changed.done.end !== 'committed' && changed.done.end !== 'degraded';
    const counted = failed ? changes.filter(isToBlame(changed)) : changes;
    await keep(withCorrections(before, counted, clock.now(), failed));
    return changed;
  } catch (cause) {
    // Nothing has been touched.
    if (cause instanceof CalledOff) await keep(before);
    throw cause;
  }
}

const isToBlame =
  ({ blame }: Changed) =>
  ({ id }: Change): boolean =>
    blame.length === 0 || blame.includes(id);
