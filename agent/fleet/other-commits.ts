import type { Sightings } from './sightings.ts';

type Here = { readonly inForce: string; readonly nodes: readonly string[] };

/** What those of the control plane that answer have in force; workers have no part in VRRP. */
const commitsOf = (sightings: Sightings, nodes: readonly string[]): readonly string[] =>
  [...sightings].flatMap(([name, { status, silent }]) =>
    !nodes.includes(name) || silent !== null || status === null || status.commit === null
      ? []
      : [status.commit],
  );

/** More than half of the control plane, this host counted, have the same commit in force. */
export const areAsThisHost = (sightings: Sightings, { inForce, nodes }: Here): boolean =>
  (commitsOf(sightings, nodes).filter((commit) => commit === inForce).length + 1) * 2 > nodes.length;

/** More than half have another one. */
export const differ = (sightings: Sightings, { inForce, nodes }: Here): boolean =>
  commitsOf(sightings, nodes).filter((commit) => commit !== inForce).length * 2 > nodes.length;
