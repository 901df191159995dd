import type { StateDirectory } from '../../agent/host/host.ts';

/** The state directory in memory. `before` is told of every write, before it is done. */
export class FakeStateDirectory implements StateDirectory {
  readonly path: string;
  readonly files = new Map<string, Uint8Array>();
  readonly #before: (what: string) => void;
  constructor(path = '/var/lib/holdfast', before: (what: string) => void = () => {}) {
    this.path = path;
    this.#before = before;
  }
  async read(name: string): Promise<Uint8Array | null> {
    return this.files.get(name) ?? null;
  }
  async replace(name: string, bytes: Uint8Array | string): Promise<void> {
    this.#before(`replace ${name}`);
    this.files.set(name, typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes);
  }
  async remove(name: string): Promise<void> {
    if (!this.files.has(name)) return;
    this.#before(`remove ${name}`);
    this.files.delete(name);
  }
  async list(folder: string): Promise<readonly string[]> {
    return [...this.files.keys()]
      .filter((name) => name.startsWith(`${folder}/`))
      .map((name) => name.slice(folder.length + 1))
      .sort();
  }
  text(name: string): string {
    return new TextDecoder().decode(this.files.get(name));
  }
}
