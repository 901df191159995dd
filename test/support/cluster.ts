import { setTimeout as sleep } from 'node:timers/promises';
import type { Held, LastChange } from '../../agent/report/status.ts';
import { HOSTS, lab, waitFor, type Host, type JournalEntry } from './lab.ts';

export { differences, picture, wholePicture } from './picture.ts';

/** What the lab tests read of `holdfast status --json`. */
export type HostStatus = {
  readonly role: string | null;
  readonly priority: number | null;
  readonly outcome: string;
  readonly why: string | null;
  readonly atMs: number;
  readonly generation: number;
  readonly commit: { readonly sha: string } | null;
  readonly source: { readonly ok: boolean; readonly why: string | null; readonly head: string | null };
  readonly refused: {
    readonly of: string;
    readonly reasons: readonly string[];
    readonly commit: { readonly sha: string } | null;
  } | null;
  readonly waiting: readonly { readonly id: string; readonly why: string }[];
  readonly held: Held | null;
  readonly lastChange: LastChange | null;
  readonly lastDrift: LastChange | null;
};

export const statusOf = (host: Host): HostStatus => host.status() as unknown as HostStatus;

/** The same without starting a program on the host, for who asks often: what is measured meanwhile shall not suffer. */
export const reportOf = (host: Host): HostStatus =>
  JSON.parse(host.read('/run/holdfast/agent/status.json')) as HostStatus;

/** The lab's schedule is five seconds, and a change is judged for ten; this is many of them, for a machine that is busy. */
export const CYCLES_MS = 120_000;
/** Asking starts processes, and what is waited for takes seconds. */
const ASK_MS = 400;

export const untilReported = (
  host: Host,
  what: string,
  isWell: (status: HostStatus) => boolean,
  deadlineMs: number = CYCLES_MS,
): Promise<HostStatus> => waitFor(`${host.name} ${what}`, () => reportOf(host), deadlineMs, isWell, ASK_MS);

/** Every host has brought itself to this commit. */
export const allAt = (
  sha: string,
  hosts: readonly number[] = HOSTS,
  deadlineMs: number = CYCLES_MS,
): Promise<unknown> =>
  Promise.all(
    hosts.map((n) =>
      untilReported(
        lab.host(n),
        `to be in desired state at ${sha.slice(0, 12)}`,
        ({ commit, outcome }) => commit?.sha === sha && outcome === 'in desired state',
        deadlineMs,
      ),
    ),
  );

/** A whole cycle that began after now has ended: one may be under way when it is asked for, so two are. */
export async function nextCycle(host: Host): Promise<HostStatus> {
  await cycleAsked(host);
  return cycleAsked(host);
}

function cycleAsked(host: Host): Promise<HostStatus> {
  const { atMs } = statusOf(host);
  host.run(['systemctl', 'reload', 'holdfast']);
  return untilReported(host, 'to end a cycle', (status) => status.atMs > atMs);
}

/**
 * Somebody does all this to the host and no cycle sees half of it: one that did would begin a change of what goes on
 * changing, and rightly call it failed. As a cycle of the daemon would, it waits for the lock.
 */
export const betweenCycles = (host: Host, line: string): void =>
  void host.run(['flock', '--timeout', '60', '/run/holdfast/lock', 'sh', '-c', line]);

export const messages = (entries: readonly JournalEntry[]): readonly string[] =>
  entries.map((entry) => entry.MESSAGE);

export const masterAloneHoldsVip = (): Promise<unknown> =>
  waitFor(
    'host 1 alone to hold the VIP',
    () => lab.owners(),
    20_000,
    (owners) => owners.join() === '1',
  );

const at = ({ atMs }: { readonly atMs: number }): string => `${(atMs / 1000).toFixed(1)} s`;

/** Requests at 50 a second for so long. */
export async function probed<T>(act: () => Promise<T> | T): Promise<{
  readonly failures: number;
  readonly requests: number;
  readonly reasons: unknown;
  readonly result: T;
}> {
  const probe = lab.probe();
  await probe.ready;
  try {
    const result = await act();
    // What an act sets in motion may break a moment after it ended.
    await sleep(2_000);
    const { failures, requests, reasons, failed } = await probe.stop();
    // When they failed is what tells a hand-over from a machine that stood still.
    const when = failed.length === 0 ? {} : { when: `${at(failed[0]!)} to ${at(failed.at(-1)!)}` };
    return { failures, requests, reasons: { ...reasons, ...when }, result };
  } catch (problem) {
    await probe.stop();
    throw problem;
  }
}
