import { passwordProblems } from '../desired/password.ts';
import { sealedSecret } from '../desired/recipients.ts';
import { PLACEHOLDER_KEY } from '../desired/recipients-schema.ts';
import { secretFile, secretNameProblem } from '../desired/secret-name.ts';
import { CommandRefused, EXIT, type Environment } from './environment.ts';
import { hostsOf, openSecretFolder, type SecretFolder, type SetOptions } from './secret-folder.ts';

/** `holdfast secret set NAME`: a new secret, or another content for one. */
export async function secretSetCommand(
  name: string,
  options: SetOptions,
  environment: Environment,
): Promise<number> {
  const { machine, out, err } = environment;
  const problem = secretNameProblem(name);
  if (problem !== null) throw new CommandRefused(`"${name}" ${problem}`, EXIT.usage);
  const folder = await openSecretFolder(options, environment);
  const only = await hostsFor(name, options, folder);
  refuseUnknownHosts(only ?? hostsOf(folder.cluster), folder);
  const bytes = await machine.readHidden(`The secret ${name} (it is not shown): `, err);
  if (bytes === null)
    throw new CommandRefused('That is more than 256 KiB, and no secret. Nothing was changed.');
  if (bytes.every((byte) => byte === 10 || byte === 13))
    throw new CommandRefused('That is empty. Nothing was changed.');
  const set = new Date(machine.clock.now()).toISOString();
  const readers = await folder.seal(name, bytes, only === undefined ? { set } : { set, for: [...only] });
  out(
    `${secretFile(name)} is encrypted to ${readers.join(', ')}. Commit it together with secrets/${name}.yaml.\n`,
  );
  for (const sentence of aboutPassword(name, bytes, folder)) err(`${sentence}\n`);
  return EXIT.ok;
}

/** Without --for, whom it was for before. */
async function hostsFor(
  name: string,
  { for: asked }: SetOptions,
  { tree }: SecretFolder,
): Promise<readonly string[] | undefined> {
  if (asked === 'all') return undefined;
  if (asked !== undefined)
    return asked
      .split(',')
      .map((host) => host.trim())
      .filter((host) => host !== '');
  return (await sealedSecret(tree, name))?.record?.for;
}

/** A host that cannot read what it needs would refuse the commit: better said before there is one. */
function refuseUnknownHosts(wanted: readonly string[], { recipients }: SecretFolder): void {
  const { hosts } = recipients;
  const lacking = wanted.filter((host) => hosts[host] === undefined || hosts[host] === PLACEHOLDER_KEY);
  if (lacking.length === 0) return;
  const [first] = lacking;
  throw new CommandRefused(
    `secrets/recipients.yaml has no key of ${lacking.join(', ')}, who could not read it. On each: sudo holdfast secret identity. Then here: holdfast secret recipients add ${first} KEY. Or name who shall read it: --for HOST,HOST. Nothing was changed.`,
  );
}

/** The hosts will judge it; whoever has just typed it would like to know now. */
function aboutPassword(name: string, bytes: Uint8Array, { cluster }: SecretFolder): readonly string[] {
  const { authPass } = cluster.vrrp;
  if (typeof authPass !== 'object' || !('secret' in authPass) || authPass.secret !== name) return [];
  const text = new TextDecoder().decode(bytes).replace(/\r?\n$/, '');
  const wrong = passwordProblems(text).map(
    ({ message }) => `It is vrrp.authPass in cluster.yaml, and every host would refuse it: ${message}`,
  );
  if (wrong.length > 0) return wrong;
  return [
    'It is vrrp.authPass in cluster.yaml. If it was another one before, all hosts must change at one moment: write rollout.at in the same commit.',
  ];
}
