import { staleness } from '../desired/recipients.ts';
import { EXIT, type Environment } from './environment.ts';
import { openSecretFolder, type SecretOptions } from './secret-folder.ts';

/** `holdfast secret list`: what there is, who can read it, and what is not encrypted to whom it should be. */
export async function secretListCommand(options: SecretOptions, environment: Environment): Promise<number> {
  const { out } = environment;
  const folder = await openSecretFolder(options, environment);
  const listed = (await folder.sealed()).map((one) => ({
    name: one.name,
    readers: one.record === null ? null : Object.keys(one.record.to),
    stale: staleness(one, folder.recipients),
  }));
  if (options.json === true) {
    out(`${JSON.stringify(listed, null, 2)}\n`);
    return EXIT.ok;
  }
  if (listed.length === 0) {
    out('There is no secret yet. Make one with: holdfast secret set NAME\n');
    return EXIT.ok;
  }
  const width = Math.max(...listed.map(({ name }) => name.length));
  for (const { name, readers: who, stale } of listed)
    out(
      `${name.padEnd(width)}  ${who?.join(', ') ?? 'unknown'}${stale === null ? '' : `  STALE: ${stale}`}\n`,
    );
  if (listed.some(({ stale }) => stale !== null)) out('\nWhere they can be read: holdfast secret rotate\n');
  return EXIT.ok;
}
