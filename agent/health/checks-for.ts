import type { Cluster, HealthCheck } from '../desired/cluster.ts';
import type { Role } from '../desired/role.ts';
import type { Plan } from '../plan/change.ts';
import { parts } from '../resources/kind.ts';
import type { Check, Time } from './check.ts';
import { commandCheck } from './command.ts';
import { givenUp, runs, unitsAfter, type GivenUp } from './given-up.ts';
import { ownApiServer, vipChecks } from './https.ts';
import { localPath } from './local-path.ts';
import { gitRemote, touchesNetwork } from './remote.ts';
import { tcpCheck } from './tcp.ts';
import { unitCheck } from './unit.ts';
import { urlCheck } from './url.ts';
import { vipAlone, vipHere } from './vip-owner.ts';
import { vrrpState } from './vrrp.ts';

/** What the checks are made of: plain JSON, so that the journal can hold it and a restart makes the same ones. */
export type HealthFacts = {
  readonly cluster: Cluster;
  readonly role: Role;
  /** Units that shall run when the plan is done. */
  readonly units: readonly string[];
  readonly remoteCounts: boolean;
  /** Absent: nothing. */
  readonly givenUp?: readonly GivenUp[];
};

/** The other hosts, and what they see. `null`: there is nobody to ask. */
export type Others = { readonly witness: (cluster: Cluster) => Check };

export function healthFacts(plan: Plan): HealthFacts {
  const notNow = new Set([...plan.waiting, ...plan.refused].map(({ id }) => id));
  // Packages are a plan of their own, and what they bring is not what it shall be yet.
  const resources = plan.packagesFirst ? [] : plan.of.resources;
  const units = resources
    .filter(({ id, spec }) => parts(id)[0] === 'unit' && !notNow.has(id) && runs(spec))
    .map(({ id }) => parts(id)[1]);
  return {
    // Plain data on its way through generations and the journal, and a Cluster all along.
    cluster: plan.of.cluster as unknown as Cluster,
    role: plan.of.role,
    units: [...units, ...unitsAfter(plan)].sort(),
    remoteCounts: touchesNetwork(plan),
    ...(resources.length === 0 && !plan.packagesFirst ? { givenUp: givenUp(plan) } : {}),
  };
}

/** The checks of this host. A worker has no part in the virtual IP, but is a client of it. */
export function checksFor(
  facts: HealthFacts,
  clock: Time['clock'],
  others: Others | null = null,
): readonly Check[] {
  const { cluster, role, units, remoteCounts, givenUp: gone = [] } = facts;
  const local = units.map((unit) => unitCheck(unit, 'local', clock));
  const own = Object.entries(cluster.health.checks)
    .map(([name, check]) => ownCheck(name, check, cluster, clock))
    // A unit that is managed is checked already, and more strictly.
    .filter(({ id }) => !local.some((check) => check.id === id));
  const controlPlane = [
    ownApiServer(cluster, role.address),
    ...(gone.includes('balancer') ? [] : [localPath(cluster)]),
    ...(gone.includes('vrrp')
      ? []
      : [vrrpState(cluster.vip, units.includes('keepalived.service')), vipHere(cluster)]),
    ...(gone.includes('vip') ? [] : [vipAlone(cluster)]),
    ...(others === null || gone.includes('vip') ? [] : [others.witness(cluster)]),
  ];
  return [
    ...(gone.includes('vip') ? [] : vipChecks(cluster)),
    ...(role.role === 'worker' ? [] : controlPlane),
    ...local,
    ...own,
    ...(remoteCounts ? [gitRemote] : []),
  ];
}

function ownCheck(name: string, check: HealthCheck, { health }: Cluster, clock: Time['clock']): Check {
  if ('http' in check) return urlCheck(name, check.http, health);
  if ('tcp' in check) return tcpCheck(name, check.tcp);
  if ('unit' in check) return unitCheck(check.unit, 'own', clock);
  return commandCheck(name, check.command);
}
