import type { ClusterFile } from './cluster-schema.ts';
import { priorityOf } from './cluster.ts';
import type { Diagnostic } from './diagnostics.ts';
import type { YamlSource } from './yaml-source.ts';

/** What a keepalived on a busy Pi is late by, and the time that an advert is on its way. */
const APART_MS = 5;

/** What is left between five nodes. */
const MOST_APART = 50;

/**
 * RFC 9568, 6.1: whoever shall take over waits for (256 - priority)/256 of an advert first, so that the next one hears
 * of it and stays where it is. With fast adverts and priorities side by side both become MASTER, and the network believes
 * the later one: with 1 s and 99 and 98 (4 ms apart) that was seen, so it is said where adverts are faster than that.
 */
export function skews({ nodes, vrrp }: ClusterFile, source: YamlSource): readonly Diagnostic[] {
  if (vrrp.version !== 3 || vrrp.advertInterval >= 1) return [];
  const [, ...backups] = Object.entries(nodes)
    .map(([name, { priority }]) => ({ name, priority: priorityOf(name, priority) ?? 0 }))
    .toSorted((a, b) => b.priority - a.priority);
  const unitMs = (vrrp.advertInterval * 1000) / 256;
  const gap = Math.min(Math.ceil(APART_MS / unitMs), MOST_APART);
  return backups.slice(1).flatMap(({ name, priority }, index) => {
    const before = backups[index]!;
    const apart = before.priority - priority;
    // Equal ones are an error of their own.
    if (apart === 0 || apart >= gap) return [];
    const message = `its priority ${priority} is ${apart} below that of ${before.name}, so with adverts every ${vrrp.advertInterval} s the two would take the virtual IP ${(apart * unitMs).toFixed(1)} ms apart, both for a moment, and requests would be lost. Leave at least ${gap} between two BACKUPs, as in 250, 200 and 150.`;
    return [source.diagnose(['nodes', name], message, { on: 'key', severity: 'warning' })];
  });
}
