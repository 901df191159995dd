import { parseAgentConfig, type AgentConfig } from '../config.ts';
import { formatDiagnostics, hasErrors } from '../desired/diagnostics.ts';
import type { Keeping } from '../host/others-may.ts';
import { CommandRefused, type Environment } from './environment.ts';

export function openConfig(
  path: string,
  environment: Environment,
  mayBeMissing: boolean,
): AgentConfig | null {
  const file = environment.machine.readConfig(path);
  if (file === null) {
    if (mayBeMissing) return null;
    throw new CommandRefused(
      `${path} does not exist, so Holdfast does not know which repository to follow. ` +
        `Write it (README, "On your Pis"), name another one with --config FILE, or converge from a directory with --from DIR.`,
    );
  }
  if (file.othersMay !== null) throw new CommandRefused(file.othersMay);
  const parsed = parseAgentConfig(file.text, path);
  if (hasErrors(parsed.diagnostics))
    throw new CommandRefused(formatDiagnostics(parsed.diagnostics, { colour: environment.colour }));
  const config = parsed.config!;
  for (const [trusted, keeping] of trustedFiles(config)) {
    const othersMay = environment.machine.whatOthersMay(trusted, keeping);
    if (othersMay !== null) throw new CommandRefused(othersMay);
  }
  return config;
}

/** The files that agent.yaml names: whoever can change one of them decides whom this host believes. */
const trustedFiles = ({ repository }: AgentConfig): readonly (readonly [string, Keeping])[] =>
  [
    [repository.sshKey, 'private'] as const,
    [repository.knownHosts, 'public'] as const,
    [repository.caFile, 'public'] as const,
  ].flatMap(([path, keeping]) => (path === undefined ? [] : [[path, keeping] as const]));
