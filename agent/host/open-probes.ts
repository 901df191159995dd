import { findOtherOwners } from './arp-probe.ts';
import { endOf } from './ask-command.ts';
import { askHaproxy } from './haproxy-master.ts';
import type { Host } from './host.ts';
import { askHttp } from './http-probe.ts';
import { readIdentity } from './identity.ts';
import { openKeepalived } from './keepalived-dump.ts';
import type { Probes } from './probes.ts';
import { openTcp } from './tcp-probe.ts';

/** The probes of the running system; `null` for an image at rest, where there is nothing to ask. */
export function openProbes({ live, files }: Host, remote: Probes['remote']): Probes | null {
  if (live === null) return null;
  return {
    http: askHttp,
    tcp: openTcp,
    vrrp: openKeepalived(live),
    haproxy: (unit, timeoutMs) => askHaproxy(unit, live, timeoutMs),
    otherOwners: findOtherOwners,
    command: (argv, timeoutMs) => endOf(argv, { timeoutMs, leavesNothing: true }),
    live,
    files,
    addresses: () => readIdentity().addresses,
    remote,
  };
}
