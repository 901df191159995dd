import type { LastChange } from './status.ts';

/** What an earlier release wrote, or a damaged file holds, as far as it goes: it is only ever shown. */
export function wholeChange(found: unknown): LastChange {
  const part: Partial<LastChange> = typeof found === 'object' && found !== null ? found : {};
  const failure = part.failure ?? null;
  const whole: LastChange = {
    tx: 0,
    atMs: 0,
    tookMs: 0,
    of: 'a change',
    commit: null,
    generation: 0,
    end: failure === null ? 'committed' : 'rolled back',
    // Releases before there was a way back left what they had begun.
    note:
      failure === null || part.end !== undefined
        ? null
        : 'What was done of it until then was left as it was.',
    quarantined: false,
    ...part,
    failure,
    changes: Array.isArray(part.changes) ? part.changes : [],
    steps: Array.isArray(part.steps) ? part.steps : [],
  };
  return whole;
}
