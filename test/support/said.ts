import { expect } from 'vitest';
import { messages, type HostStatus } from './cluster.ts';
import type { Host } from './lab.ts';

/** In `status` as data and in words, in `why`, and as one error in the journal. */
export function saidToBeTakenBack(
  host: Host,
  sha: string,
  seen: RegExp,
  status: HostStatus,
  cursor: string,
): void {
  expect(status.lastChange).toMatchObject({
    end: 'rolled back',
    note: null,
    quarantined: true,
    failure: expect.stringMatching(seen) as string,
  });
  expect(status).toMatchObject({ outcome: 'refused', refused: { commit: { sha } } });
  expect(status.refused!.reasons.join('\n')).toMatch(/taken back/);
  const entries = host
    .journal(cursor)
    .filter((e) => e['HOLDFAST_EVENT'] === 'change-rolled-back' && e['HOLDFAST_COMMIT'] === sha);
  expect(entries.map(({ PRIORITY }) => PRIORITY)).toEqual(['3']);
  expect(messages(entries)[0]).toMatch(seen);
  for (const verb of ['status', 'why']) expect(host.run(['holdfast', verb]).stdout).toMatch(seen);
}

/** As an error in the journal, and in `status` and `why`; nothing was begun. */
export function saidToBeRefused(
  host: Host,
  sha: string,
  seen: RegExp,
  status: HostStatus,
  cursor: string,
): void {
  expect(status).toMatchObject({ outcome: 'refused', refused: { commit: { sha } } });
  expect(status.lastChange?.commit?.sha).not.toBe(sha);
  expect(status.refused!.reasons.join('\n')).toMatch(seen);
  const entries = host
    .journal(cursor)
    .filter((e) => e['HOLDFAST_EVENT'] === 'refused' && e['HOLDFAST_COMMIT'] === sha);
  expect(messages(entries).join('\n')).toMatch(seen);
  for (const verb of ['status', 'why']) expect(host.run(['holdfast', verb]).stdout).toMatch(seen);
}
