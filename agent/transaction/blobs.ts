import { createHash } from 'node:crypto';
import type { BlobMemory, BlobRef, StateDirectory } from '../host/host.ts';

const FOLDER = 'blobs';

/** Bytes that are gone: a rollback or a generation cannot be had without them. */
export class BlobLost extends Error {
  override readonly name = 'BlobLost';
}

/**
 * Bytes by digest. During a cycle they are in memory; `keep` puts them on disk (0600, fsynced) before a transaction
 * that needs them begins; `recall` brings kept ones back after a restart.
 */
export class BlobStore implements BlobMemory {
  readonly #memory = new Map<string, Uint8Array>();
  readonly #state: StateDirectory;

  constructor(state: StateDirectory) {
    this.#state = state;
  }

  remember(bytes: Uint8Array): BlobRef {
    const ref = blobRefOf(bytes);
    this.#memory.set(ref.sha256, bytes);
    return ref;
  }

  /** Bytes whose digests are known already (a rendered candidate's). */
  adopt(bytesByDigest: ReadonlyMap<string, Uint8Array>): void {
    for (const [sha256, bytes] of bytesByDigest) this.#memory.set(sha256, bytes);
  }

  bytes(ref: BlobRef): Uint8Array {
    const bytes = this.#memory.get(ref.sha256);
    if (bytes === undefined)
      throw new BlobLost(`the bytes ${ref.sha256.slice(0, 12)} (${ref.size} bytes) are not at hand`);
    return bytes;
  }

  text(ref: BlobRef): string {
    return new TextDecoder().decode(this.bytes(ref));
  }

  async keep(refs: readonly BlobRef[]): Promise<void> {
    if (refs.length === 0) return;
    const kept = new Set(await this.#state.list(FOLDER));
    for (const ref of refs)
      if (!kept.has(ref.sha256)) {
        await this.#state.replace(`${FOLDER}/${ref.sha256}`, this.bytes(ref));
        kept.add(ref.sha256);
      }
  }

  async recall(refs: Iterable<BlobRef>): Promise<void> {
    for (const ref of refs) {
      if (this.#memory.has(ref.sha256)) continue;
      const bytes = await this.#state.read(`${FOLDER}/${ref.sha256}`);
      if (bytes === null || blobRefOf(bytes).sha256 !== ref.sha256)
        throw new BlobLost(
          `${this.#state.path}/${FOLDER}/${ref.sha256} is ${bytes === null ? 'missing' : 'damaged'}`,
        );
      this.#memory.set(ref.sha256, bytes);
    }
  }

  /** Removes from disk what nothing refers to any more. */
  async collect(inUse: Iterable<BlobRef>): Promise<void> {
    const wanted = new Set([...inUse].map((ref) => ref.sha256));
    for (const name of await this.#state.list(FOLDER))
      if (!wanted.has(name)) await this.#state.remove(`${FOLDER}/${name}`);
  }

  /** At the end of a cycle: what was read from the host need not stay in memory. */
  forget(): void {
    this.#memory.clear();
  }
}

export const blobRefOf = (bytes: Uint8Array): BlobRef => ({
  sha256: createHash('sha256').update(bytes).digest('hex'),
  size: bytes.byteLength,
});
