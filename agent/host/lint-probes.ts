import { isIP } from 'node:net';
import { findOtherOwners } from './arp-probe.ts';
import { endOf } from './ask-command.ts';
import type { FileReader, Reader } from './host.ts';
import { listListeners } from './listeners.ts';
import type { ArpAnswer, Listener } from './probes.ts';
import { hearAdverts, type AdvertsHeard } from './vrrp-adverts.ts';

/** The port of the lints: what is asked of this host and its network before a change. Every answer comes within seconds. */
export interface LintProbes {
  readonly files: Pick<FileReader, 'read' | 'text' | 'stamp' | 'list'>;
  /** Who listens on a TCP port of this host. Throws when that cannot be seen. */
  listeners(port: number): Promise<readonly Listener[]>;
  /** Who answers ARP for an address, this host left out. */
  answering(interfaceName: string, address: string): Promise<ArpAnswer>;
  /** Who takes part in VRRP on the network, as far as it can be heard from here. */
  adverts(interfaceName: string, seconds: number): Promise<AdvertsHeard>;
  /** What a name means on this host now (getent(1)); none: nobody knows it. */
  addressesOf(name: string): Promise<readonly string[]>;
  /** What the kernel says of its clock; `null`: nobody can be asked. */
  isClockSynchronised(): Promise<boolean | null>;
}

/** Of the running system: an image at rest cannot be asked. */
export function openLintProbes({ live, files }: Reader): LintProbes {
  if (live === null) throw new Error('an image at rest cannot be asked how it is');
  return {
    files,
    listeners: (port) => listListeners(port, live),
    answering: findOtherOwners,
    adverts: hearAdverts,
    addressesOf,
    isClockSynchronised,
  };
}

/** A server that does not answer would hold up a cycle for half a minute. */
const NAME_MS = 3_000;

async function addressesOf(name: string): Promise<readonly string[]> {
  if (isIP(name) !== 0) return [name];
  const { stdout, exitCode } = await endOf(['getent', 'ahosts', name], { timeoutMs: NAME_MS });
  if (exitCode !== 0) return [];
  const addresses = stdout.split('\n').map((line) => line.split(/\s/)[0] ?? '');
  return [...new Set(addresses.filter((address) => isIP(address) !== 0))];
}

/** timedatectl(1): whoever sets the clock (systemd-timesyncd, chrony, ntpd) tells the kernel. */
async function isClockSynchronised(): Promise<boolean | null> {
  const argv = ['timedatectl', 'show', '--property=NTPSynchronized', '--value'];
  const { stdout, exitCode } = await endOf(argv, { timeoutMs: 5_000 });
  const said = exitCode === 0 ? stdout.trim() : '';
  return said === 'yes' ? true : said === 'no' ? false : null;
}
