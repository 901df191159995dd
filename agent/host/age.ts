import { armor, Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';

/** A secret's bytes, or why they cannot be had: "is damaged: …", to be put behind the file's name, and a way out. */
export type Opened = { readonly bytes: Uint8Array } | { readonly problem: string };

/**
 * age files (https://age-encryption.org/v1) with X25519 keys, as Debian's age(1) reads and writes them. Loaded when a
 * secret is to be opened or sealed.
 */
export interface Age {
  /** In ASCII armor, so that Git shows a changed secret as lines. Throws for a key whose checksum is wrong. */
  seal(bytes: Uint8Array, keys: readonly string[]): Promise<string>;
  open(file: Uint8Array, identities: readonly string[]): Promise<Opened>;
  /** A private key, `AGE-SECRET-KEY-1…`. */
  newIdentity(): Promise<string>;
  /** The public half of a private key, `age1…`. Throws when it is none. */
  publicHalf(identity: string): Promise<string>;
}

export const age: Age = {
  seal: async (bytes, keys) => {
    const encrypter = new Encrypter();
    for (const key of keys) encrypter.addRecipient(key);
    return armor.encode(await collected(await encrypter.encrypt(streamOf(bytes))));
  },
  open: async (file, identities) => {
    const plain = unarmored(file);
    if (plain === null) return { problem: DAMAGED };
    const header = headerOf(plain);
    if (header === null) return { problem: NOT_AGE };
    if (header === 'too long') return { problem: TOO_MANY };
    // Opening one costs seconds of CPU, as many as its author likes (age-encryption.org/v1, scrypt work factor).
    if (header.includes('\n-> scrypt ')) return { problem: PASSPHRASE };
    try {
      return { bytes: await collected(await decrypter(identities).decrypt(streamOf(plain))) };
    } catch (error) {
      return { problem: isNotOurs(error) ? NOT_OURS : DAMAGED };
    }
  },
  newIdentity: generateX25519Identity,
  publicHalf: (identity) => identityToRecipient(identity),
};

/**
 * The library is given streams: bytes it would collect with the global `Response`, for which Node loads its HTTP client,
 * and that ends the daemon, whose Node has no WebAssembly.
 */
const streamOf = (bytes: Uint8Array): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start: (controller) => {
      controller.enqueue(bytes);
      controller.close();
    },
  });

async function collected(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) parts.push(next.value);
  return new Uint8Array(Buffer.concat(parts));
}

const NOT_AGE = 'is not an age file. Make it with: holdfast secret set.';
const TOO_MANY =
  'is encrypted to more people than Holdfast looks through (some 500). Encrypt it to those who need it: holdfast secret set.';
const DAMAGED =
  'is damaged: it was cut off, or changed after it was encrypted. Take it from an earlier commit, or make it anew: holdfast secret set.';
const PASSPHRASE =
  "is encrypted with a passphrase, which no host has. Encrypt it to the hosts' keys: holdfast secret set.";
const NOT_OURS =
  'is not encrypted to the key of this host. Compare "holdfast secret identity" with secrets/recipients.yaml, then where it can be read: holdfast secret rotate.';

function decrypter(identities: readonly string[]): Decrypter {
  const found = new Decrypter();
  for (const identity of identities) found.addIdentity(identity);
  return found;
}

/** The library has no class of its own for it. */
const isNotOurs = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith('no identity matched');

function unarmored(file: Uint8Array): Uint8Array | null {
  const text = Buffer.from(file).toString('latin1');
  if (!text.trimStart().startsWith('-----BEGIN AGE ')) return file;
  try {
    return armor.decode(text);
  } catch {
    return null;
  }
}

/** Each recipient costs a Pi some milliseconds, for each of its keys. */
const LONGEST_HEADER = 64 * 1024;

/** Everything before the MAC is text; `null`: this is no age file of version 1. */
function headerOf(file: Uint8Array): string | null {
  const text = Buffer.from(file.subarray(0, LONGEST_HEADER)).toString('latin1');
  if (!text.startsWith('age-encryption.org/v1\n')) return null;
  const end = text.indexOf('\n---');
  return end !== -1 ? text.slice(0, end) : file.length > LONGEST_HEADER ? 'too long' : text;
}
