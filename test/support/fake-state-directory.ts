import type { StateDirectory } from '../../agent/host/host.ts';
import { FakePower } from './fake-power.ts';

/**
 * The state directory in memory. `before` is told of every write, before it is done. When the power goes in the middle
 * of one, what is left is the contract's worst: of a replacement the old or the new, of an addition a part of it.
 */
export class FakeStateDirectory implements StateDirectory {
  readonly path: string;
  readonly files = new Map<string, Uint8Array>();
  readonly #before: (what: string) => void;
  readonly #power: FakePower;
  constructor(
    path = '/var/lib/holdfast',
    before: (what: string) => void = () => {},
    power: FakePower = new FakePower(),
  ) {
    this.path = path;
    this.#before = before;
    this.#power = power;
  }
  async read(name: string): Promise<Uint8Array | null> {
    return this.files.get(name) ?? null;
  }
  async replace(name: string, bytes: Uint8Array | string): Promise<void> {
    this.#write(`replace ${name}`, () =>
      this.files.set(name, typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes),
    );
  }
  async append(name: string, bytes: Uint8Array, at: number): Promise<void> {
    const old = this.files.get(name) ?? new Uint8Array();
    if (old.byteLength < at) throw new Error(`${name} is shorter than ${at} bytes`);
    const put = (part: Uint8Array): unknown =>
      this.files.set(name, Buffer.concat([old.subarray(0, at), part]));
    this.#write(
      `append ${name}`,
      () => put(bytes),
      () => put(bytes.subarray(0, bytes.byteLength / 2)),
    );
  }
  async remove(name: string): Promise<void> {
    if (this.files.has(name)) this.#write(`remove ${name}`, () => this.files.delete(name));
  }
  async size(name: string): Promise<number | null> {
    return this.files.get(name)?.byteLength ?? null;
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

  #write(what: string, act: () => unknown, torn: (() => unknown) | null = null): void {
    this.#power.pass(
      `${this.path}: ${what}`,
      () => {
        this.#before(what);
        act();
      },
      torn,
    );
  }
}
