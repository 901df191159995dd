import { posix } from 'node:path';
import type {
  Bench,
  BlobRef,
  FileOnDisk,
  FileWriter,
  Host,
  Live,
  Query,
  Ran,
  Verdict,
} from '../../agent/host/host.ts';
import { kernelPath } from '../../agent/resources/sysctl.ts';
import { BlobStore } from '../../agent/transaction/blobs.ts';
import { FakePackages } from './fake-packages.ts';
import { FakePower } from './fake-power.ts';
import { FakeStateDirectory } from './fake-state-directory.ts';
import { FakeSystemd, type FakeUnit } from './fake-systemd.ts';

type Simulated = (argv: readonly string[], host: FakeHost) => Ran | null;

/**
 * One host in memory, for laws and for faults that a real one cannot be made to have. Every effect passes through
 * `effect`, so that a test can count them, refuse the n-th, or cut the power before or after it.
 */
export class FakeHost {
  readonly files = new Map<string, FileOnDisk>();
  readonly folders = new Set<string>(['/', '/etc']);
  readonly kernel = new Map<string, string>();
  /** What the kernel boots with, before any drop-in is read. */
  readonly kernelAtBoot = new Map<string, string>();
  readonly power = new FakePower();
  readonly systemd = new FakeSystemd(this);
  readonly #packages = new FakePackages(this);
  readonly packages = this.#packages.installed;
  readonly brings = this.#packages.brings;
  readonly accounts = new Set(['root', 'haproxy']);
  readonly log: string[] = [];
  /** Effects and writes to the state directory, in the order in which they happened. */
  readonly timeline: string[] = [];
  readonly state = new FakeStateDirectory(
    '/var/lib/holdfast',
    (what) => this.timeline.push(`state: ${what}`),
    this.power,
  );
  readonly blobs = new BlobStore(this.state);
  /** Further commands (ufw, iptables-save): the first that answers counts. */
  readonly simulated: Simulated[] = [];
  /** Further things that can differ, for `snapshot`. */
  readonly watched: (() => unknown)[] = [];
  /** What else comes up at boot (ufw.service). */
  readonly boots: (() => void)[] = [];
  /** Called before each effect; throw to refuse it. */
  beforeEffect: (what: string, n: number) => void = () => {};
  /** Called after each effect: what throws here has been done all the same. */
  afterEffect: (what: string, n: number) => void = () => {};
  /** What a validator says of the staged bytes of `path`. */
  verdict: (argv: readonly string[], path: string, staged: ReadonlyMap<string, FileOnDisk>) => Verdict =
    () => ({
      ok: true,
    });

  get units(): ReadonlyMap<string, FakeUnit> {
    return this.systemd.units;
  }
  put(path: string, text: string, mode = 0o644, owner = 'root', group = 'root'): this {
    this.makeFolders(posix.dirname(path));
    this.files.set(path, fileOf(this, text, mode, owner, group));
    return this;
  }
  text(path: string): string | null {
    const file = this.files.get(path);
    return file === undefined ? null : new TextDecoder().decode(this.#bytes(file.content));
  }
  unit(name: string, enabled: boolean, running: boolean, more: Partial<FakeUnit> = {}): this {
    this.systemd.add(name, enabled, running, more);
    return this;
  }
  makeFolders(folder: string): void {
    for (let at = folder; at !== '/'; at = posix.dirname(at)) this.folders.add(at);
  }
  /** Everything that can differ, as text: two equal snapshots are two equal hosts. */
  snapshot(): string {
    const sorted = (entries: Iterable<unknown>) => [...entries].map((e) => JSON.stringify(e)).sort();
    const all = [this.files, this.folders, this.kernel, this.systemd.picture(), this.packages];
    return JSON.stringify([...all.map(sorted), ...this.watched.map((look) => look())], null, 1);
  }

  effect(what: string, act: () => void): void {
    this.power.pass(what, () => {
      const n = this.log.length;
      this.beforeEffect(what, n);
      this.log.push(what);
      this.timeline.push(what);
      act();
      this.afterEffect(what, n);
    });
  }

  /** What is on the disk stays; the kernel and the units are what a boot makes of it. `early`: before the units start. */
  async reboot(early: () => Promise<void> = async () => {}): Promise<void> {
    this.systemd.halt();
    for (const [path, value] of this.kernelAtBoot) this.kernel.set(path, value);
    for (const name of this.#list('/etc/sysctl.d') ?? [])
      for (const [, key, value] of this.text(`/etc/sysctl.d/${name}`)!.matchAll(/^(\S+) = (.+)$/gm))
        if (this.kernel.has(kernelPath(key!))) this.kernel.set(kernelPath(key!), value!);
    await early();
    for (const boot of this.boots) boot();
    this.systemd.boot();
  }

  host(atRest = false): Host {
    return { files: this.#files(), live: atRest ? null : this.#live() };
  }

  bench(atRest = false): Bench {
    const check: Bench['check'] = async (argv, path, staged) => this.verdict(argv, path, staged);
    return { ...this.host(atRest), check };
  }

  #files(): FileWriter {
    const { blobs } = this;
    return {
      remember: (bytes) => blobs.remember(bytes),
      bytes: (ref) => blobs.bytes(ref),
      text: (ref) => blobs.text(ref),
      read: async (path) => this.#read(path),
      missingDirectory: async (path) => this.#missingDirectory(path),
      list: async (folder) => this.#list(folder),
      stamp: async (path) => {
        const file = this.files.get(path);
        return file === undefined ? (this.folders.has(path) ? 'folder' : null) : JSON.stringify(file);
      },
      knows: async (_what, name) => this.accounts.has(name),
      write: async (path, to) => this.effect(`write ${path}`, () => this.#write(path, to)),
      remove: async (path, upTo) => {
        if (this.files.has(path) || upTo !== null)
          this.effect(`remove ${path}`, () => this.#remove(path, upTo));
      },
    };
  }

  #live(): Live {
    return {
      query: async (argv) => this.#query(argv),
      kernel: async (path) => this.kernel.get(path) ?? null,
      ready: async () => undefined,
      setKernel: async (path, value) => {
        if (!this.kernel.has(path)) throw new Error(`The kernel has no parameter ${path}.`);
        if (this.kernel.get(path) !== value)
          this.effect(`kernel ${path}=${value}`, () => void this.kernel.set(path, value));
      },
      run: async (argv) => this.#run(argv),
      pause: async () => undefined,
    };
  }

  #read(path: string): FileOnDisk | null {
    if (this.folders.has(path))
      throw new Error(`${path} is a directory, and Holdfast manages only regular files.`);
    const file = this.files.get(path);
    // As on a real host: what was read is at hand for the rest of the cycle.
    if (file !== undefined) this.blobs.remember(this.#bytes(file.content));
    return file ?? null;
  }
  /** The host's own bytes, whatever the store has forgotten. */
  readonly contents = new Map<string, Uint8Array>();
  #bytes(ref: BlobRef): Uint8Array {
    return this.contents.get(ref.sha256) ?? this.blobs.bytes(ref);
  }
  #missingDirectory(path: string): string | null {
    let missing: string | null = null;
    for (let at = posix.dirname(path); !this.folders.has(at); at = posix.dirname(at)) missing = at;
    return missing;
  }
  #list(folder: string): readonly string[] | null {
    if (!this.folders.has(folder)) return null;
    const below = [...this.files.keys(), ...this.folders].filter(
      (path) => path !== folder && posix.dirname(path) === folder,
    );
    return below.map((path) => posix.basename(path)).sort();
  }
  #write(path: string, to: FileOnDisk): void {
    for (const [what, name] of [
      ['user', to.owner],
      ['group', to.group],
    ] as const)
      if (!this.accounts.has(name)) throw new Error(`${path} is to belong to the ${what} ${name}.`);
    this.contents.set(to.content.sha256, this.blobs.bytes(to.content));
    this.makeFolders(posix.dirname(path));
    const { content, mode, owner, group } = to;
    this.files.set(path, { content: { sha256: content.sha256, size: content.size }, mode, owner, group });
  }
  #remove(path: string, upTo: string | null): void {
    this.files.delete(path);
    if (upTo === null) return;
    for (let at = posix.dirname(path); at.length >= upTo.length; at = posix.dirname(at)) {
      if ((this.#list(at)?.length ?? 0) > 0) return;
      this.folders.delete(at);
    }
  }

  #query(argv: Query): Ran {
    for (const answer of this.simulated) {
      const ran = answer(argv, this);
      if (ran !== null) return ran;
    }
    if (argv[0] === 'systemctl') return ok(this.systemd.show(argv));
    if (argv[0] !== 'dpkg-query') return ok('');
    return this.#packages.show(argv);
  }

  #run(argv: readonly string[]): string {
    for (const act of this.simulated) {
      const ran = act(argv, this);
      if (ran !== null) return ran.stdout;
    }
    if (argv[0] !== 'sync') this.effect(argv.join(' '), () => this.#carryOut(argv));
    return '';
  }
  #carryOut(argv: readonly string[]): void {
    if (argv[0] === 'systemctl') return this.systemd.run(argv[1]!, argv.at(-1)!);
    if (argv[0] !== 'systemd-run') throw new Error(`the fake host has no ${argv[0]}`);
    if (argv.includes('install')) this.#packages.install(argv.at(-1)!);
    else this.#packages.purge(argv.at(-1)!);
  }
}

const ok = (stdout: string): Ran => ({ exitCode: 0, stdout, stderr: '' });

export function fileOf(
  host: FakeHost,
  text: string,
  mode = 0o644,
  owner = 'root',
  group = 'root',
): FileOnDisk {
  const bytes = new TextEncoder().encode(text);
  const content = host.blobs.remember(bytes);
  host.contents.set(content.sha256, bytes);
  return { content, mode, owner, group };
}
