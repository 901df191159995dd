import type { Cluster } from '../desired/cluster.ts';
import type { Probes } from '../host/probes.ts';
import type { Plan } from '../plan/change.ts';
import type { Seen } from './check.ts';
import type { HealthFacts } from './checks-for.ts';
import { ownApiServer, type Api } from './https.ts';
import type { ApiServerFact, Kubelet } from './live-fact.ts';
import type { Proof } from './live-proof.ts';
import { manifestChange } from './manifest.ts';
import { unitState } from './unit.ts';

/** `null`: the plan changes nothing about this host's API server. */
export async function apiServerFact(
  plan: Pick<Plan, 'changes'>,
  probes: Probes,
  { cluster, role }: Pick<HealthFacts, 'cluster' | 'role'>,
): Promise<ApiServerFact | null> {
  const change = role.role === 'worker' ? null : await manifestChange(plan, probes.files);
  if (change === null) return null;
  const apiServer = { address: role.address, ...apiOf(cluster) };
  const { processes, ready, kubelet } = await apiServerNow(apiServer, probes);
  return { apiServer, processes, was: change.had ? was(ready) : 'absent', shallRun: change.has, kubelet };
}

/** No more than is needed: it goes into the journal. */
const apiOf = ({ apiPort, health: { ca, insecure } }: Cluster): Api => ({
  apiPort,
  health: { ca, insecure },
});

const was = (ready: Seen): ApiServerFact['was'] =>
  ready.ok === true ? 'ready' : { unwell: ready.ok === false ? ready.seen : ready.why };

export type ApiServerNow = Pick<ApiServerFact, 'processes' | 'kubelet'> & { readonly ready: Seen };

/**
 * Who listens is asked first: if only new ones did, then who says ready afterwards is a new one. `kubelet`: how it was
 * before; one that ran must do its work, so it is not asked again.
 */
export async function apiServerNow(
  api: ApiServerFact['apiServer'],
  probes: Probes,
  kubelet: Kubelet = 'unknown',
): Promise<ApiServerNow> {
  const listening = await probes.listeners(api.apiPort);
  const processes = listening
    // HAProxy may listen there for all addresses, the virtual IP among them.
    .filter(({ address, program }) => program !== 'haproxy' && (address === null || address === api.address))
    .map((listener) => listener.process);
  const ready = await ownApiServer(api, api.address).run(probes);
  return {
    processes: [...new Set(processes)],
    ready,
    kubelet: kubelet === 'runs' ? kubelet : await kubeletNow(probes),
  };
}

async function kubeletNow({ live }: Probes): Promise<Kubelet> {
  const { state } = await unitState('kubelet.service', live);
  if (state === 'unknown') return state;
  return ['inactive', 'failed'].includes(state) ? 'stopped' : 'runs';
}

/** Live is an API server that is ready and is none of those before. */
export function proveApiServer(fact: ApiServerFact, now: ApiServerNow): Proof {
  const { apiServer, processes, shallRun } = fact;
  const at = `${apiServer.address}:${apiServer.apiPort}`;
  const isOld = now.processes.some((one) => processes.includes(one));
  if (!shallRun)
    return isOld
      ? wait(`the API server still listens on ${at}, without a manifest`, fact, now)
      : { live: true };
  if (isOld) return wait(`the API server from before the change still listens on ${at}`, fact, now);
  if (now.processes.length > 0) return proveReady(fact, now);
  // A program that is not to be seen was not to be seen before either.
  if (processes.length === 0 && fact.was === 'ready' && now.ready.ok === true)
    return { live: true, unproven: `it is ready, and who listens on ${at} is not to be seen` };
  return wait(`no API server listens on ${at}`, fact, now);
}

function proveReady(fact: ApiServerFact, now: ApiServerNow): Proof {
  const { ready } = now;
  if (ready.ok === true) return { live: true };
  if (ready.ok === null) return { live: true, unproven: ready.why };
  return wait(`the new API server is not ready: ${ready.seen}`, fact, now);
}

function wait(waiting: string, { was: before, processes, kubelet }: ApiServerFact, now: ApiServerNow): Proof {
  const somebodyActs =
    [kubelet, now.kubelet].includes('runs') || (kubelet === 'unknown' && processes.length > 0);
  if (!somebodyActs) return { live: true, unproven: `${waiting}, and no kubelet runs here to see to it` };
  return typeof before === 'object'
    ? { waiting, excuse: `it was not well before the change either (${before.unwell})` }
    : { waiting };
}
