import { setTimeout as sleep } from 'node:timers/promises';
import { HOSTS, lab, waitFor, type Host, type JournalEntry } from './lab.ts';

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
  readonly lastChange: { readonly changes: readonly { readonly id: string; readonly why: string }[] } | null;
};

export const statusOf = (host: Host): HostStatus => host.status() as unknown as HostStatus;

/** The lab's schedule is five seconds; this is many of them, for a machine that is busy. */
export const CYCLES_MS = 60_000;

/** Every host has brought itself to this commit. */
export const allAt = (sha: string, hosts: readonly number[] = HOSTS): Promise<unknown> =>
  Promise.all(
    hosts.map((n) =>
      waitFor(
        `host ${n} to be in desired state at ${sha.slice(0, 12)}`,
        () => statusOf(lab.host(n)),
        CYCLES_MS,
        ({ commit, outcome }) => commit?.sha === sha && outcome === 'in desired state',
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
  return waitFor(
    `a cycle of ${host.name} to end`,
    () => statusOf(host),
    CYCLES_MS,
    (status) => status.atMs > atMs,
  );
}

export const messages = (entries: readonly JournalEntry[]): readonly string[] =>
  entries.map((entry) => entry.MESSAGE);

/** What there is of a host for Holdfast to change: two equal pictures are one state. */
export function picture(host: Host): string {
  return host.shell(
    `
    find /etc/haproxy /etc/keepalived /etc/sysctl.d /etc/systemd/system /etc/ufw /etc/tmpfiles.d /etc/default/ufw -type f \
      -printf '%p %m %u %g ' -exec sha256sum {} ';' | sed 's/ [^ ]*$//' | sort
    sysctl -n net.ipv4.ip_forward net.ipv4.ip_nonlocal_bind
    ufw status numbered
    systemctl is-enabled haproxy keepalived ufw
    systemctl is-active haproxy keepalived ufw
    systemctl show -p InvocationID haproxy keepalived`,
    { allowFail: true },
  ).stdout;
}

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
    const { failures, requests, reasons } = await probe.stop();
    return { failures, requests, reasons, result };
  } catch (problem) {
    await probe.stop();
    throw problem;
  }
}
