import { createHash } from 'node:crypto';
import { check } from './check.ts';
import { aboutFile, hasErrors, type Diagnostic } from './diagnostics.ts';
import { readText } from './load.ts';
import {
  RECIPIENTS,
  recipientsFile,
  recordFile,
  type Recipients,
  type SecretRecord,
} from './recipients-schema.ts';
import { secretFile } from './secret-name.ts';
import { TreeProblem, type Tree } from './tree.ts';
import { parseYaml, type YamlSource } from './yaml-source.ts';

export type LoadedRecipients = {
  /** `null`: there is none, or it has errors. */
  readonly recipients: Recipients | null;
  readonly source: YamlSource | null;
  readonly diagnostics: readonly Diagnostic[];
};

export async function loadRecipients(tree: Tree): Promise<LoadedRecipients> {
  const none = (...diagnostics: Diagnostic[]): LoadedRecipients => ({
    recipients: null,
    source: null,
    diagnostics,
  });
  const read = await readText(tree, RECIPIENTS);
  if ('problem' in read) return none(aboutFile(RECIPIENTS, read.problem));
  if (read.text === null) return none();
  const { source, diagnostics } = parseYaml(RECIPIENTS, read.text);
  if (source === null) return hasErrors(diagnostics) ? none(...diagnostics) : none();
  const checked = check<Recipients>(recipientsFile, source);
  return { recipients: checked.value, source, diagnostics: checked.diagnostics };
}

/** What is known of one age file. `record` null: nobody wrote down whom it is encrypted to, or not of this very file. */
export type Sealed = {
  readonly name: string;
  readonly sha256: string;
  readonly record: SecretRecord | null;
  /** The record is of another file: this one was made with something else than holdfast. */
  readonly isForeign: boolean;
};

export const recordPath = (name: string): string => `secrets/${name}.yaml`;

/** `null`: there is no such secret. A record that cannot be read is none: `rotate` writes it anew. */
export async function sealedSecret(tree: Tree, name: string): Promise<Sealed | null> {
  const bytes = await bytesAt(tree, secretFile(name));
  if (bytes === null) return null;
  const sha256 = digestOf(bytes);
  const record = await recordOf(tree, name);
  const isForeign = record !== null && record.sha256 !== sha256;
  return { name, sha256, record: isForeign ? null : record, isForeign };
}

export const digestOf = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('hex');

async function recordOf(tree: Tree, name: string): Promise<SecretRecord | null> {
  const text = await readText(tree, recordPath(name));
  if ('problem' in text || text.text === null) return null;
  const { source } = parseYaml(recordPath(name), text.text);
  return source === null ? null : check<SecretRecord>(recordFile, source).value;
}

async function bytesAt(tree: Tree, path: string): Promise<Uint8Array | null> {
  try {
    return await tree.read(path);
  } catch (error) {
    if (error instanceof TreeProblem) return null;
    throw error;
  }
}

/**
 * What tells the content of one commit's secret from another's, as far as it can be told without opening it. Earlier
 * commits are read as texts, so a file in bytes is compared as one.
 */
export async function versionOf(tree: Tree, name: string): Promise<string | null> {
  const sealed = await sealedSecret(tree, name);
  if (sealed === null || sealed.record !== null) return sealed?.record?.set ?? null;
  return digestOf(new TextDecoder().decode((await bytesAt(tree, secretFile(name))) ?? undefined));
}

/** Name → key of all who are to read a secret: its hosts, or all of them, and the admins. */
export function readersOf(
  { hosts, admins }: Recipients,
  only: readonly string[] | undefined,
): ReadonlyMap<string, string> {
  const chosen = Object.entries(hosts).filter(([name]) => only === undefined || only.includes(name));
  return new Map([...chosen, ...Object.entries(admins)]);
}

/** In which way a secret is not encrypted to whom it should be; `null`: it is. */
export function staleness({ record, isForeign }: Sealed, recipients: Recipients): string | null {
  if (isForeign)
    return 'was changed with something else than holdfast, and nobody wrote down who can read it';
  if (record === null) return 'nobody wrote down who can read it';
  const wanted = readersOf(recipients, record.for);
  const lacking = [...wanted].filter(([name, key]) => record.to[name] !== key).map(([name]) => name);
  const former = Object.keys(record.to).filter((name) => !wanted.has(name));
  const said = [
    ...(lacking.length === 0 ? [] : [`not yet encrypted to ${lacking.join(', ')}`]),
    ...(former.length === 0 ? [] : [`still encrypted to ${former.join(', ')}`]),
  ];
  return said.length === 0 ? null : said.join(', ');
}
