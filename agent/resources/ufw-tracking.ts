import type { Live, LiveReader } from '../host/host.ts';
import { parseConnections, type Connection } from './ufw-connections.ts';
import { familiesOf, iptables, kernelFamiliesOf } from './ufw-family.ts';
import type { UfwSettings } from './ufw-files.ts';
import { saveFilter, saveTables } from './ufw-save.ts';
import type { Family } from './ufw-tuple.ts';

/**
 * Before ufw goes up, the kernel is made to know the connections that are open.
 *
 * ufw lets in what belongs to an ESTABLISHED connection. Where no rule has needed connection tracking so far (no
 * kube-proxy), the kernel knows none, and takes the next packet that comes in for a new connection: of one that this
 * host has opened it is dropped, until this host sends something itself (net.netfilter.nf_conntrack_tcp_loose). What
 * only listens, as etcd does to its leader, stands still until its keepalive: 27 s, measured.
 *
 * A rule that asks for the state switches tracking on, also in a chain that nothing leads to, with iptables-nft and
 * with iptables-legacy (nf_ct_netns_get in the rule's check). It lets through and stops nothing.
 */
const CHAIN = 'holdfast-track';
const RULE = ['-m', 'conntrack', '--ctstate', 'INVALID', '-j', 'RETURN'];

/** A packet acknowledges what came in after 200 ms at most (TCP_DELACK_MAX): by the next look it has gone out. */
const LOOK_EVERY_MS = 500;
/** Go's programs send a keepalive after 15 s, and most of what Kubernetes keeps open is Go's. */
const WITHIN_MS = 20_000;
/** Longer than anybody's keepalive: there is nobody left at the other end, or nobody who waits for anything. */
const QUIET_MS = 60_000;

/** Does `act` while the connections that are open are known to the kernel, or 20 s after they were to be. */
export async function whileTracked(
  settings: UfwSettings,
  live: Live,
  act: () => Promise<void>,
): Promise<void> {
  const families = await untracked(settings, live);
  if (families.length === 0 || (await open(families, live))?.length === 0) return act();
  try {
    for (const family of families) {
      await iptables(family, live, '-N', CHAIN);
      await iptables(family, live, '-A', CHAIN, ...RULE);
    }
    await haveSpoken(families, live);
    await act();
  } finally {
    await stopTracking(settings, live);
  }
}

/** Takes the chain out wherever it is: ufw with MANAGE_BUILTINS=yes has removed it already. */
export async function stopTracking(settings: UfwSettings, live: Live): Promise<void> {
  for (const family of kernelFamiliesOf(settings)) {
    if (!hasTracking(await saveFilter(family, live))) continue;
    await iptables(family, live, '-F', CHAIN);
    await iptables(family, live, '-X', CHAIN);
  }
}

/** Whether the chain is there: somebody was interrupted between making it and taking it out. */
export const hasTracking = (saved: string): boolean => saved.includes(`\n:${CHAIN} `);

async function untracked(settings: UfwSettings, live: LiveReader): Promise<readonly Family[]> {
  const families: Family[] = [];
  for (const family of familiesOf(settings))
    if (!needsTracking(await saveTables(family, live))) families.push(family);
  return families;
}

/** Rules, whoever's and in whichever table, with which the kernel tracks connections all the time. */
const needsTracking = (saved: string): boolean =>
  /^-A .* (?:-m (?:conntrack|state)|-j (?:DNAT|SNAT|MASQUERADE|REDIRECT)) ?/m.test(saved);

async function haveSpoken(families: readonly Family[], live: Live): Promise<void> {
  for (let forMs = 0; forMs < WITHIN_MS; forMs += LOOK_EVERY_MS) {
    const there = await open(families, live);
    await live.pause(LOOK_EVERY_MS);
    if (there?.some(({ silentMs }) => isAwaited(silentMs, forMs)) === false) return;
  }
}

/** It has not spoken since it is tracked, and still may. */
const isAwaited = (silentMs: number | null, forMs: number): boolean =>
  silentMs === null || (silentMs >= forMs && silentMs < QUIET_MS);

/** `null`: they cannot be seen. */
async function open(families: readonly Family[], live: LiveReader): Promise<readonly Connection[] | null> {
  const ss = await live.query(['ss', '-H', '-t', '-n', '-i', '-O']);
  if (ss.exitCode !== 0) return null;
  return parseConnections(ss.stdout).filter(({ family }) => families.includes(family));
}
