import { didYouMean } from './did-you-mean.ts';
import { secretFile, secretIn } from './secret-name.ts';
import { TreeProblem, type Tree } from './tree.ts';

/**
 * Opens the bytes of an age file. `problem`: what to say behind the file's name, with a way out. `'mask'`: it cannot be
 * opened, and for whoever asks a mask will do.
 */
export type Unlock = (
  file: Uint8Array,
) => Promise<{ readonly bytes: Uint8Array } | { readonly problem: string } | 'mask'>;

/** A secret that cannot be had; the message is a sentence, and holds nothing of the secret. */
export class SecretProblem extends Error {
  override readonly name = 'SecretProblem';
}

/** One commit's secrets. */
export type Secrets = {
  readonly names: readonly string[];
  /** Those that nobody here can open (`validate` in CI): what is read is a mask, in which nothing may be looked for. */
  readonly masked: ReadonlySet<string>;
  /** As a file's content: every byte of it. Throws `SecretProblem`. */
  bytes(name: string): Uint8Array;
  /** As a text in another one: UTF-8, and without the line's end that `echo` leaves. Throws `SecretProblem`. */
  text(name: string): string;
  /** What must be in no sentence. */
  readonly known: readonly string[];
};

/** What stands for a secret where nobody can open it. */
export const MASK_BEGINS = '[secret ';
const maskOf = (name: string): string => `${MASK_BEGINS}${name}]`;

/**
 * Opens all that there are, because a template cannot wait for one. What cannot be opened is a problem of who uses it:
 * a secret may be for other hosts. `unlock` null: everything is masked.
 */
export async function openSecrets(tree: Tree, unlock: Unlock | null): Promise<Secrets> {
  const names = (await tree.list('secrets')).flatMap((file) => secretIn(file) ?? []);
  const opened = new Map<string, Uint8Array | SecretProblem>();
  const masked = new Set<string>();
  for (const name of names) {
    const found = await open(name, tree, unlock ?? MASKING);
    if (found === 'mask') masked.add(name);
    opened.set(name, found === 'mask' ? new TextEncoder().encode(maskOf(name)) : found);
  }
  const bytes = (name: string): Uint8Array => {
    const found = opened.get(name) ?? new SecretProblem(missing(name, names));
    if (found instanceof SecretProblem) throw found;
    return found;
  };
  return {
    names,
    masked,
    bytes,
    text: (name) => textOf(name, bytes(name)),
    known: [...opened].flatMap(([name, found]) => (masked.has(name) ? [] : readable(found))),
  };
}

const MASKING: Unlock = async () => 'mask';

async function open(name: string, tree: Tree, unlock: Unlock): Promise<Uint8Array | SecretProblem | 'mask'> {
  const file = secretFile(name);
  try {
    const sealed = await tree.read(file);
    if (sealed === null) return new SecretProblem(`${file} is gone.`);
    const found = await unlock(sealed);
    if (found === 'mask') return found;
    return 'bytes' in found ? found.bytes : new SecretProblem(`${file} ${found.problem}`);
  } catch (error) {
    if (!(error instanceof TreeProblem)) throw error;
    return new SecretProblem(`${file}: ${error.message}`);
  }
}

export const missing = (name: string, names: readonly string[]): string =>
  `${secretFile(name)} does not exist.${didYouMean(name, names)} Make it with: holdfast secret set ${name}.`;

function textOf(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '');
  } catch {
    throw new SecretProblem(
      `The secret ${name} is not a text in UTF-8, so it cannot stand in another text. Use it as a whole file, { secret: ${name} }, or set it anew: holdfast secret set ${name}.`,
    );
  }
}

const readable = (found: Uint8Array | SecretProblem): readonly string[] =>
  found instanceof SecretProblem ? [] : [new TextDecoder().decode(found)];
