import { parseAgentFile } from '../config.ts';
import { shownValues, valuesIn, withValues } from '../config-values.ts';
import { CommandRefused, EXIT, type CommonOptions, type Environment } from './environment.ts';
import { openConfig } from './open-config.ts';
import { placesUnder } from './places.ts';

export type ConfigOptions = CommonOptions & { readonly with?: string };

/**
 * `holdfast config`: agent.yaml as the agent understands it, a value a line. `--with FILE` is how bootstrap.sh changes
 * a file that is somebody's own: it prints the whole text, which is for root only, as agent.yaml itself is.
 */
export async function configCommand(options: ConfigOptions, environment: Environment): Promise<number> {
  const { machine, out } = environment;
  const { config } = placesUnder(options.root, options.config);
  openConfig(config, environment, false);
  const { text } = machine.readConfig(config)!;
  if (options.with !== undefined) out(merged(config, text, options.with, environment));
  else {
    const shown = shownValues(parseAgentFile(text, config).value!);
    out(options.json === true ? `${JSON.stringify(shown, null, 2)}\n` : lines(shown));
  }
  return EXIT.ok;
}

const lines = (shown: unknown): string =>
  [...valuesIn(shown)].map(([at, value]) => `${at}: ${String(value)}\n`).join('');

function merged(config: string, text: string, path: string, { machine }: Environment): string {
  const other = machine.readConfig(path);
  if (other === null) throw new CommandRefused(`${path}, which --with names, does not exist.`);
  try {
    return withValues(config, text, path, other.text);
  } catch (error) {
    throw new CommandRefused(error instanceof Error ? error.message : String(error));
  }
}
