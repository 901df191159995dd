import type { AgentConfig } from '../config.ts';
import type { Health, Looking } from '../health/health.ts';
import type { GitRepository } from '../host/git.ts';
import type { Host } from '../host/host.ts';
import type { Probes } from '../host/probes.ts';
import type { Environment } from './environment.ts';

/** The health checks, loaded when a change asks for them: most cycles change nothing. `null`: an image at rest. */
export function openHealth(
  host: Host,
  config: AgentConfig | null,
  git: () => Promise<GitRepository>,
  looking: Looking,
  { machine }: Pick<Environment, 'machine'>,
): Health | null {
  if (host.live === null) return null;
  let opened: Promise<Health> | null = null;
  const health = (): Promise<Health> => (opened ??= open(host, remoteOf(config, git), looking, machine));
  return {
    look: async (plan) => (await health()).look(plan),
    waitUntilLive: async (before, until) => (await health()).waitUntilLive(before, until),
    passGate: async (before, afterBoot, until) => (await health()).passGate(before, afterBoot, until),
    vipAfter: async (before) => (await health()).vipAfter(before),
  };
}

async function open(
  host: Host,
  remote: Probes['remote'],
  looking: Looking,
  machine: Environment['machine'],
): Promise<Health> {
  const modules = await import('../health/health.ts');
  const probes = await machine.openProbes(host, remote);
  const time = {
    clock: machine.clock,
    sleep: (ms: number, signal?: AbortSignal) => machine.sleep(ms, signal),
  };
  return modules.openHealth(probes, time, looking);
}

/** Where the fix of a bad change would come from. */
function remoteOf(config: AgentConfig | null, git: () => Promise<GitRepository>): Probes['remote'] {
  if (config === null) return null;
  const { repository } = config;
  return {
    shown: repository.shownUrl,
    ask: async (timeoutMs) => void (await (await git()).head(repository, timeoutMs)),
  };
}
