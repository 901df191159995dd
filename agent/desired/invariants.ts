import { addresses } from './address-invariants.ts';
import type { ClusterFile } from './cluster-schema.ts';
import { priorityOf } from './cluster.ts';
import type { Diagnostic } from './diagnostics.ts';
import { didYouMean } from './did-you-mean.ts';
import type { KeyPath } from './key-path.ts';
import { metallb } from './metallb-invariants.ts';
import { skews } from './skew-invariant.ts';
import type { YamlSource } from './yaml-source.ts';

/**
 * What the parts of cluster.yaml must be to each other. Two nodes with one address or one priority, or a VIP that is
 * a node's own, make two owners of the VIP, and keepalived's own check (`keepalived -t`) says nothing of it.
 */
export function invariants(file: ClusterFile, source: YamlSource): readonly Diagnostic[] {
  return [
    ...nodeCount(file, source),
    ...addresses(file, source),
    ...priorities(file, source),
    ...adverts(file, source),
    ...order(file, source),
    ...metallb(file, source),
  ];
}

function nodeCount(file: ClusterFile, source: YamlSource): readonly Diagnostic[] {
  const count = Object.keys(file.nodes).length;
  if (count === 0)
    return [
      source.diagnose(
        ['nodes'],
        'names no node. Write at least one control plane node, as in pi-1: { address: 10.1.1.1 }.',
      ),
    ];
  if (count % 2 === 1) return [];
  const lost = count / 2 - 1;
  const message = `with ${count} control plane nodes etcd survives the loss of ${lost === 0 ? 'none' : lost}, no more than with ${count - 1}. Use an odd number.`;
  return [source.diagnose(['nodes'], message, { on: 'key', severity: 'warning' })];
}

function priorities(file: ClusterFile, source: YamlSource): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const holders = new Map<number, string>();
  for (const [name, { priority: own }] of Object.entries(file.nodes)) {
    const priority = priorityOf(name, own);
    const at: KeyPath = own === undefined ? ['nodes', name] : ['nodes', name, 'priority'];
    const on = own === undefined ? 'key' : 'value';
    const other = priority === null ? undefined : holders.get(priority);
    if (priority === null)
      found.push(
        source.diagnose(
          at,
          `${name} ends in no number that a priority could be made of. Write priority: 1 to 254; the highest is MASTER.`,
          { on },
        ),
      );
    else if (priority < 1 || priority > 254)
      found.push(
        source.diagnose(
          at,
          `its priority would be ${priority} (101 minus the number at the end of the name), and VRRP takes 1 to 254. Write priority yourself.`,
          { on },
        ),
      );
    else if (other !== undefined)
      found.push(
        source.diagnose(
          at,
          `priority ${priority} is already that of ${other}${own === undefined ? ' (101 minus the number at the end of the name)' : ''}. Give each node its own.`,
          { on },
        ),
      );
    else holders.set(priority, name);
  }
  return found;
}

/** RFC 3768 counts whole seconds in one byte, RFC 9568 hundredths in twelve bits. */
function adverts(file: ClusterFile, source: YamlSource): readonly Diagnostic[] {
  const { vrrp } = file;
  const at: KeyPath = ['vrrp', 'advertInterval'];
  const interval = vrrp.advertInterval;
  if (vrrp.version === 2 && !(Number.isInteger(interval) && interval >= 1 && interval <= 255))
    return [
      source.diagnose(
        at,
        `VRRP version 2 takes whole seconds from 1 to 255, and this is ${interval}. Write a whole number; fractions need version: 3.`,
      ),
    ];
  const hundredths = interval * 100;
  const isWhole = Math.abs(hundredths - Math.round(hundredths)) < 1e-6;
  if (vrrp.version === 3 && !(isWhole && hundredths >= 1 && hundredths <= 4095))
    return [
      source.diagnose(
        at,
        `VRRP version 3 takes hundredths of a second from 0.01 to 40.95, and this is ${interval}. Write such a number, as in 0.2.`,
      ),
    ];
  return skews(file, source);
}

function order({ rollout, nodes, workers }: ClusterFile, source: YamlSource): readonly Diagnostic[] {
  const known = [...Object.keys(nodes), ...Object.keys(workers)];
  const asked = rollout.order ?? [];
  return asked.flatMap((name, index) => {
    const at: KeyPath = ['rollout', 'order', index];
    if (!known.includes(name))
      return [
        source.diagnose(
          at,
          `${name} is not in the cluster.${didYouMean(name, known) || ` It has ${known.join(', ')}.`}`,
        ),
      ];
    return asked.indexOf(name) < index ? [source.diagnose(at, `${name} stands here twice. Keep one.`)] : [];
  });
}
