import type { Probes } from '../host/probes.ts';
import type { Plan } from '../plan/change.ts';
import { parts } from '../resources/kind.ts';
import type { HealthFacts } from './checks-for.ts';
import { apiServerFact } from './live-api-server.ts';
import type { LiveFact, UnitFact } from './live-fact.ts';
import { unitStates } from './unit.ts';
import { DUMP_MS } from './vrrp.ts';

export const MASTER_MS = 10_000;

/** To be taken before the first step. */
export async function liveFacts(
  plan: Pick<Plan, 'changes' | 'steps'>,
  probes: Probes,
  host: Pick<HealthFacts, 'cluster' | 'role'>,
): Promise<readonly LiveFact[]> {
  const apiServer = await apiServerFact(plan, probes, host);
  return [...(await unitFacts(plan, probes)), ...(apiServer === null ? [] : [apiServer])];
}

async function unitFacts(
  plan: Pick<Plan, 'changes' | 'steps'>,
  probes: Probes,
): Promise<readonly UnitFact[]> {
  const done = touchedUnits(plan);
  const states = await unitStates([...done.keys()], probes.live);
  return Promise.all(
    [...done].map(async ([unit, did]) => {
      const { invocation, restarts } = states.get(unit)!;
      const reloads = did === 'reload';
      return {
        unit,
        did,
        invocation,
        restarts,
        haproxyReloads: reloads && isHaproxy(unit) ? await haproxyReloads(unit, probes) : null,
        keepalived: reloads && isKeepalived(unit) ? await transitions(probes) : null,
        ...(reloads && isNginx(unit) ? { nginxWorkers: await nginxWorkers(unit, probes) } : {}),
      };
    }),
  );
}

export const isHaproxy = (unit: string): boolean => /^haproxy(@[^.]*)?\.service$/.test(unit);
export const isNginx = (unit: string): boolean => unit === 'nginx.service';
export const isKeepalived = (unit: string): boolean => unit === 'keepalived.service';

function touchedUnits({
  changes,
  steps,
}: Pick<Plan, 'changes' | 'steps'>): ReadonlyMap<string, UnitFact['did']> {
  const started = changes.filter(({ id, from, to }) => parts(id)[0] === 'unit' && runs(to) && !runs(from));
  const refreshed = steps.flatMap((step) =>
    step.do === 'refresh' ? [[step.unit, step.action] as const] : [],
  );
  return new Map([...started.map(({ id }) => [parts(id)[1], 'start'] as const), ...refreshed]);
}

const runs = (state: unknown): boolean =>
  typeof state === 'object' && state !== null && 'running' in state && state.running === true;

async function haproxyReloads(unit: string, probes: Probes): Promise<number | null> {
  const answer = await probes.haproxy(unit, MASTER_MS);
  return 'reloads' in answer ? answer.reloads : null;
}

async function nginxWorkers(unit: string, probes: Probes): Promise<readonly string[] | null> {
  const answer = await probes.nginx(unit);
  return 'workers' in answer ? answer.workers : null;
}

async function transitions(probes: Probes): Promise<UnitFact['keepalived']> {
  const answer = await probes.vrrp(DUMP_MS);
  if (!('instances' in answer)) return null;
  return Object.fromEntries(answer.instances.map(({ name, lastTransition }) => [name, lastTransition]));
}
