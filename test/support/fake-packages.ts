import type { Ran } from '../../agent/host/host.ts';
import type { FakeHost } from './fake-host.ts';

/** apt and dpkg as far as Holdfast uses them. */
export class FakePackages {
  readonly installed = new Set<string>();
  /** What installing a package brings beside itself; it goes with the package. */
  readonly brings = new Map<string, (host: FakeHost) => void>();
  readonly #brought = new Map<string, readonly string[]>();
  readonly #host: FakeHost;
  constructor(host: FakeHost) {
    this.#host = host;
  }

  install(name: string): void {
    const before = new Set(this.#paths());
    this.installed.add(name);
    this.brings.get(name)?.(this.#host);
    this.#brought.set(
      name,
      this.#paths().filter((path) => !before.has(path)),
    );
  }

  purge(name: string): void {
    this.installed.delete(name);
    for (const path of this.#brought.get(name) ?? []) {
      this.#host.files.delete(path);
      this.#host.folders.delete(path);
    }
  }

  /** `dpkg-query --show`: it exits 1 when it does not know one of them, and answers for the others. */
  show(argv: readonly string[]): Ran {
    const names = argv.slice(argv.indexOf('--') + 1);
    const known = names.filter((name) => this.installed.has(name));
    const stdout = known.map((name) => `${name} installed\n`).join('');
    return { exitCode: known.length < names.length ? 1 : 0, stdout, stderr: '' };
  }

  #paths(): readonly string[] {
    return [...this.#host.files.keys(), ...this.#host.folders];
  }
}
