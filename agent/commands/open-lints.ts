import type { AgentConfig } from '../config.ts';
import type { Candidate } from '../desired/candidate.ts';
import type { Host, StateDirectory } from '../host/host.ts';
import type { Memory } from '../lints/on-host/guard.ts';
import { openStanding } from '../lints/on-host/standing.ts';
import type { Guard } from '../plan/preflight.ts';
import type { Environment } from './environment.ts';

export type Lints = {
  /** Of a plan, before it begins. */
  readonly guard: Guard;
  /** What a person should know although nothing changes. */
  readonly standing: (of: Candidate) => Promise<readonly string[]>;
};

/** The lints that ask the host, loaded when a plan changes something or a day has gone by. At an image at rest there is nobody to ask. */
export function openLints(
  host: Host,
  runtime: StateDirectory,
  config: AgentConfig | null,
  { machine, log }: Pick<Environment, 'machine' | 'log'>,
): Lints {
  if (host.live === null) return { guard: async () => [], standing: async () => [] };
  const remoteHost = config?.repository.server ?? null;
  const probes = () => machine.openLintProbes(host);
  const { clock } = machine;
  const memory: Memory = new Map();
  const said = new Set<string>();
  const sayOnce = (sentence: string): void => {
    if (!said.has(sentence)) log.warn({ event: 'notice', sentence });
    said.add(sentence);
  };
  return {
    guard: async (plan) => {
      const { hostLintGuard } = await import('../lints/on-host/guard.ts');
      return hostLintGuard({ probes: await probes(), remoteHost, clock, sayOnce, memory })(plan);
    },
    standing: openStanding({ files: host.files, probes, runtime, clock, remoteHost }),
  };
}
