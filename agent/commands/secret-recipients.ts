import { parseDocument } from 'yaml';
import { didYouMean } from '../desired/did-you-mean.ts';
import { readText } from '../desired/load.ts';
import { adminNameProblem, keyProblem, RECIPIENTS } from '../desired/recipients-schema.ts';
import { CommandRefused, EXIT, type Environment } from './environment.ts';
import { hostsOf, openSecretFolder, type SecretFolder, type SecretOptions } from './secret-folder.ts';

export type RecipientOptions = SecretOptions & { readonly admin?: boolean };

/** `holdfast secret recipients add NAME KEY`: from the next `set` or `rotate` on. */
export async function recipientsAdd(
  name: string,
  key: string,
  options: RecipientOptions,
  environment: Environment,
): Promise<number> {
  const folder = await openSecretFolder(options, environment);
  const group = options.admin === true ? 'admins' : 'hosts';
  const problem =
    (group === 'admins' ? adminNameProblem(name) : hostProblem(name, folder)) ?? keyProblem(key);
  if (problem !== null) throw new CommandRefused(`The recipient ${name} ${problem}`, EXIT.usage);
  await refuseMistyped(key, environment);
  await edit(folder, (document) => document.setIn([group, name], key));
  const before = folder.recipients[group][name];
  const what = before === undefined ? 'is new in' : before === key ? 'was already in' : 'has another key in';
  environment.out(`${name} ${what} ${RECIPIENTS}. What there is already: holdfast secret rotate\n`);
  return EXIT.ok;
}

/** `holdfast secret recipients remove NAME`. */
export async function recipientsRemove(
  name: string,
  options: RecipientOptions,
  environment: Environment,
): Promise<number> {
  const folder = await openSecretFolder(options, environment);
  const { hosts, admins } = folder.recipients;
  const group = name in hosts ? 'hosts' : name in admins ? 'admins' : null;
  if (group === null) {
    const known = [...Object.keys(hosts), ...Object.keys(admins)];
    throw new CommandRefused(
      `${RECIPIENTS} has no ${name}.${didYouMean(name, known) || ` It has ${known.join(', ') || 'nobody'}.`}`,
      EXIT.usage,
    );
  }
  const could = (await folder.sealed()).filter(({ record }) => record === null || name in record.to);
  await edit(folder, (document) => document.deleteIn([group, name]));
  const names = could.map((sealed) => sealed.name).join(', ');
  const rest =
    names === ''
      ? ''
      : ` It could read ${names}: holdfast secret rotate keeps later contents from it, and what it has read it knows for good. If it may be in wrong hands: holdfast secret set, for each of them.`;
  environment.out(`${name} is no longer in ${RECIPIENTS}.${rest}\n`);
  return EXIT.ok;
}

function hostProblem(name: string, { cluster }: SecretFolder): string | null {
  const hosts = hostsOf(cluster);
  if (hosts.includes(name)) return null;
  return `is no host of cluster.yaml.${didYouMean(name, hosts) || ` It has ${hosts.join(', ')}.`} For a person: --admin.`;
}

/** The checksum in a key is for those who copy it by hand. */
async function refuseMistyped(key: string, { machine }: Environment): Promise<void> {
  const age = await machine.openAge();
  try {
    await age.seal(new Uint8Array(), [key]);
  } catch {
    throw new CommandRefused(
      'That is not a public key of age: a letter is missing or wrong. Copy it again. Nothing was changed.',
      EXIT.usage,
    );
  }
}

/** Comments and order stay. */
async function edit(
  folder: SecretFolder,
  change: (document: ReturnType<typeof parseDocument>) => void,
): Promise<void> {
  const read = await readText(folder.tree, RECIPIENTS);
  const text = 'text' in read ? read.text : null;
  const document = parseDocument(text ?? NEW);
  change(document);
  await folder.write(RECIPIENTS, document.toString({ lineWidth: 0 }));
}

const NEW =
  '# Whom secrets are encrypted to: public keys of age by host, and of people who may read them all.\n';
