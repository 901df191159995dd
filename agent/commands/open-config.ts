import { parseAgentConfig, type AgentConfig } from '../config.ts';
import { formatDiagnostics, hasErrors } from '../desired/diagnostics.ts';
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
  if (file.writableByOthers)
    throw new CommandRefused(
      `${path} can be changed by others than root, who could so become root: "chmod go-w ${path}" and "chown root ${path}", then look at what it says.`,
    );
  const parsed = parseAgentConfig(file.text, path);
  if (hasErrors(parsed.diagnostics))
    throw new CommandRefused(formatDiagnostics(parsed.diagnostics, { colour: environment.colour }));
  return parsed.config;
}
