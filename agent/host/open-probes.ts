import { findOtherOwners } from './arp-probe.ts';
import { endOf } from './ask-command.ts';
import { askHaproxy } from './haproxy-master.ts';
import type { Host } from './host.ts';
import { askHttp } from './http-probe.ts';
import { readIdentity } from './identity.ts';
import { openKeepalived } from './keepalived-dump.ts';
import { listListeners } from './listeners.ts';
import { seeNginx } from './nginx-workers.ts';
import type { Probes } from './probes.ts';
import { openTcp } from './tcp-probe.ts';

/** The probes of the running system. At an image at rest there is nothing to ask. */
export function openProbes({ live, files }: Host, remote: Probes['remote']): Probes {
  if (live === null) throw new Error('an image at rest cannot be asked how it is');
  return {
    http: askHttp,
    tcp: openTcp,
    vrrp: openKeepalived(live),
    haproxy: (unit, timeoutMs) => askHaproxy(unit, live, timeoutMs),
    nginx: (unit) => seeNginx(unit, live),
    listeners: (port) => listListeners(port, live),
    otherOwners: findOtherOwners,
    command: (argv, timeoutMs) => endOf(argv, { timeoutMs, leavesNothing: true }),
    live,
    files,
    addresses: () => readIdentity().addresses,
    remote,
  };
}
