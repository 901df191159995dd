import { stringify } from 'yaml';
import { check } from '../desired/check.ts';
import { clusterFile, type ClusterFile } from '../desired/cluster-schema.ts';
import { formatDiagnostics } from '../desired/diagnostics.ts';
import { readText } from '../desired/load.ts';
import {
  digestOf,
  loadRecipients,
  readersOf,
  recordPath,
  sealedSecret,
  type Sealed,
} from '../desired/recipients.ts';
import type { Recipients, SecretRecord } from '../desired/recipients-schema.ts';
import { secretFile, secretIn } from '../desired/secret-name.ts';
import type { Tree } from '../desired/tree.ts';
import { parseYaml } from '../desired/yaml-source.ts';
import type { Age } from '../host/age.ts';
import { CommandRefused, EXIT, type Environment } from './environment.ts';

export type SecretOptions = { readonly dir?: string; readonly json?: boolean };
export type SetOptions = SecretOptions & { readonly for?: string };
export type UnlockingOptions = SecretOptions & { readonly identity?: string; readonly config?: string };

/** A state repository in which somebody makes secrets: its files are read as hosts would read them, and written here. */
export type SecretFolder = {
  readonly tree: Tree;
  readonly cluster: ClusterFile;
  readonly recipients: Recipients;
  sealed(): Promise<readonly Sealed[]>;
  /** Encrypts, and writes down to whom; gives back the names of those who can read it. */
  seal(name: string, bytes: Uint8Array, how: Pick<SecretRecord, 'set' | 'for'>): Promise<readonly string[]>;
  write(file: string, text: string): Promise<void>;
};

export async function openSecretFolder(
  { dir = '.' }: SecretOptions,
  environment: Environment,
): Promise<SecretFolder> {
  const { machine, colour } = environment;
  const tree = machine.openTree(dir);
  const cluster = await clusterIn(tree, dir, colour);
  const { recipients, diagnostics } = await loadRecipients(tree);
  if (diagnostics.length > 0) throw new CommandRefused(`\n${formatDiagnostics(diagnostics, { colour })}`);
  const known = recipients ?? { hosts: {}, admins: {} };
  const write = (file: string, text: string): Promise<void> => machine.writeInRepository(dir, file, text);
  return {
    tree,
    cluster,
    recipients: known,
    write,
    sealed: async () => {
      const names = (await tree.list('secrets')).flatMap((file) => secretIn(file) ?? []);
      return (await Promise.all(names.map((name) => sealedSecret(tree, name)))).flatMap((one) => one ?? []);
    },
    seal: async (name, bytes, how) => {
      const to = readersOf(known, how.for);
      const text = await sealing(bytes, to, environment);
      await write(secretFile(name), text);
      await write(
        recordPath(name),
        recordText(name, { ...how, sha256: digestOf(text), to: Object.fromEntries(to) }),
      );
      return [...to.keys()];
    },
  };
}

/** The cluster as its file says it: whether its secrets are there is not asked by who is about to make them. */
async function clusterIn(tree: Tree, dir: string, colour: boolean): Promise<ClusterFile> {
  const read = await readText(tree, 'cluster.yaml');
  if ('problem' in read || read.text === null)
    throw new CommandRefused(
      `${dir} is no state repository: it has no cluster.yaml that could be read. Go to the folder that has one, or name it with --dir DIR.`,
      EXIT.usage,
    );
  const { source, diagnostics } = parseYaml('cluster.yaml', read.text);
  const checked = source === null ? { value: null, diagnostics } : check<ClusterFile>(clusterFile, source);
  if (checked.value !== null) return checked.value;
  throw new CommandRefused(`\n${formatDiagnostics(checked.diagnostics, { colour })}`);
}

export const hostsOf = ({ nodes, workers }: ClusterFile): readonly string[] => [
  ...Object.keys(nodes),
  ...Object.keys(workers),
];

async function sealing(
  bytes: Uint8Array,
  to: ReadonlyMap<string, string>,
  { machine }: Environment,
): Promise<string> {
  const age = await machine.openAge();
  try {
    return await age.seal(bytes, [...new Set(to.values())]);
  } catch (cause) {
    throw new CommandRefused(await whoseKeyIsWrong(to, age, cause));
  }
}

async function whoseKeyIsWrong(to: ReadonlyMap<string, string>, age: Age, cause: unknown): Promise<string> {
  for (const [name, key] of to)
    try {
      await age.seal(new Uint8Array(), [key]);
    } catch {
      return `The key of ${name} in secrets/recipients.yaml is not one: a letter is missing or wrong. Copy it again from "holdfast secret identity" on that host.`;
    }
  return `It could not be encrypted: ${String(cause)}`;
}

const recordText = (name: string, record: SecretRecord): string =>
  `# Written by "holdfast secret": who can read ${secretFile(name)}, which does not say it itself.\n${stringify(record, { lineWidth: 0 })}`;
