import { posix } from 'node:path';
import type { BlobRef, FileOnDisk, Host, Query, Ran, StateDirectory } from '../../agent/host/host.ts';
import { BlobStore } from '../../agent/transaction/blobs.ts';

export type FakeUnit = {
  enabled: boolean;
  running: boolean;
  fileState?: 'static' | 'masked';
  canReload?: boolean;
  /** How often it was told to do what. */
  told: string[];
};

type Simulated = (argv: readonly string[], host: FakeHost) => Ran | null;

/**
 * One host in memory, for laws and for faults that a real one cannot be made to have. Every effect passes through
 * `effect`, so that a test can count them, refuse the n-th, or cut the power before or after it.
 */
export class FakeHost {
  readonly files = new Map<string, FileOnDisk>();
  readonly folders = new Set<string>(['/', '/etc']);
  readonly kernel = new Map<string, string>();
  readonly units = new Map<string, FakeUnit>();
  readonly packages = new Set<string>();
  readonly log: string[] = [];
  readonly state = new FakeStateDirectory();
  readonly blobs = new BlobStore(this.state);
  /** Further commands (ufw, iptables-save): the first that answers counts. */
  readonly simulated: Simulated[] = [];
  /** Called before each effect; throw to refuse it. */
  beforeEffect: (what: string, n: number) => void = () => {};

  put(path: string, text: string, mode = 0o644, owner = 'root', group = 'root'): this {
    this.makeFolders(posix.dirname(path));
    this.files.set(path, {
      content: this.blobs.remember(new TextEncoder().encode(text)),
      mode,
      owner,
      group,
    });
    return this;
  }
  text(path: string): string | null {
    const file = this.files.get(path);
    return file === undefined ? null : this.blobs.text(file.content);
  }
  unit(name: string, enabled: boolean, running: boolean, more: Partial<FakeUnit> = {}): this {
    this.units.set(name, { enabled, running, told: [], ...more });
    return this;
  }
  makeFolders(folder: string): void {
    for (let at = folder; at !== '/'; at = posix.dirname(at)) this.folders.add(at);
  }
  /** Everything that can differ, as text: two equal snapshots are two equal hosts. */
  snapshot(): string {
    const units = [...this.units].map(([name, { enabled, running }]) => [name, enabled, running]);
    const sorted = (entries: Iterable<unknown>) => [...entries].map((e) => JSON.stringify(e)).sort();
    return JSON.stringify([this.files, this.folders, this.kernel, units, this.packages].map(sorted), null, 1);
  }

  effect(what: string, act: () => void): void {
    this.beforeEffect(what, this.log.length);
    this.log.push(what);
    act();
  }

  host(atRest = false): Host {
    const { blobs } = this;
    return {
      files: {
        remember: (bytes) => blobs.remember(bytes),
        bytes: (ref) => blobs.bytes(ref),
        text: (ref) => blobs.text(ref),
        read: async (path) => this.files.get(path) ?? null,
        missingDirectory: async (path) => this.missingDirectory(path),
        list: async (folder) => this.list(folder),
        stamp: async (path) => {
          const file = this.files.get(path);
          return file === undefined ? (this.folders.has(path) ? 'folder' : null) : JSON.stringify(file);
        },
        knows: async (_what, name) => name === 'root' || name === 'haproxy',
        write: async (path, to) => this.effect(`write ${path}`, () => this.write(path, to)),
        remove: async (path, upTo) => {
          if (this.files.has(path)) this.effect(`remove ${path}`, () => this.remove(path, upTo));
        },
      },
      live: atRest
        ? null
        : {
            query: async (argv) => this.query(argv),
            kernel: async (path) => this.kernel.get(path) ?? null,
            setKernel: async (path, value) => {
              if (this.kernel.get(path) !== value)
                this.effect(`kernel ${path}=${value}`, () => void this.kernel.set(path, value));
            },
            run: async (argv) => this.run(argv),
          },
    };
  }

  private missingDirectory(path: string): string | null {
    let missing: string | null = null;
    for (let at = posix.dirname(path); !this.folders.has(at); at = posix.dirname(at)) missing = at;
    return missing;
  }
  private list(folder: string): readonly string[] | null {
    if (!this.folders.has(folder)) return null;
    const below = [...this.files.keys(), ...this.folders].filter(
      (path) => path !== folder && posix.dirname(path) === folder,
    );
    return below.map((path) => posix.basename(path)).sort();
  }
  private write(path: string, to: FileOnDisk): void {
    this.makeFolders(posix.dirname(path));
    this.files.set(path, to);
  }
  private remove(path: string, upTo: string | null): void {
    this.files.delete(path);
    if (upTo === null) return;
    for (let at = posix.dirname(path); at.startsWith(upTo); at = posix.dirname(at))
      if (this.list(at)?.length === 0) this.folders.delete(at);
  }

  private query(argv: Query): Ran {
    for (const answer of this.simulated) {
      const ran = answer(argv, this);
      if (ran !== null) return ran;
    }
    if (argv[0] === 'systemctl')
      return ok(
        argv
          .slice(argv.indexOf('--') + 1)
          .map((name) => this.show(name))
          .join('\n\n'),
      );
    if (argv[0] === 'dpkg-query') {
      const names = argv.slice(argv.indexOf('--') + 1);
      const known = names.filter((name) => this.packages.has(name));
      return {
        exitCode: known.length === names.length ? 0 : 1,
        stdout: known.map((name) => `${name} installed\n`).join(''),
        stderr: '',
      };
    }
    return ok('');
  }
  private show(name: string): string {
    const unit = this.units.get(name);
    if (unit === undefined) return 'LoadState=not-found\nActiveState=inactive\nUnitFileState=\nCanReload=no';
    const load = unit.fileState === 'masked' ? 'masked' : 'loaded';
    const file = unit.fileState ?? (unit.enabled ? 'enabled' : 'disabled');
    return `LoadState=${load}\nActiveState=${unit.running ? 'active' : 'inactive'}\nUnitFileState=${file}\nCanReload=${unit.canReload === false ? 'no' : 'yes'}`;
  }

  private run(argv: readonly string[]): string {
    for (const act of this.simulated) {
      const ran = act(argv, this);
      if (ran !== null) return ran.stdout;
    }
    this.effect(argv.join(' '), () => this.carryOut(argv));
    return '';
  }
  private carryOut(argv: readonly string[]): void {
    if (argv[0] === 'systemd-run') return this.apt(argv);
    if (argv[0] !== 'systemctl') throw new Error(`the fake host has no ${argv[0]}`);
    const verb = argv[1]!;
    if (verb === 'daemon-reload') return this.loadUnitFiles();
    const name = argv.at(-1)!;
    const unit = this.units.get(name);
    if (unit === undefined)
      throw new Error(`"systemctl ${verb} ${name}" failed with exit code 5: Unit ${name} not found.`);
    if (unit.fileState === 'masked' && verb !== 'reset-failed') throw new Error(`Unit ${name} is masked.`);
    if (verb === 'reload' && !unit.running) throw new Error(`${name} is not active, cannot reload.`);
    if (verb !== 'reset-failed') unit.told.push(verb);
    if (verb === 'enable') unit.enabled = true;
    if (verb === 'disable') unit.enabled = false;
    if (verb === 'start' || verb === 'restart') unit.running = true;
    if (verb === 'stop') unit.running = false;
  }
  private apt(argv: readonly string[]): void {
    const name = argv.at(-1)!;
    if (argv.includes('install')) this.packages.add(name);
    else this.packages.delete(name);
  }
  /** A unit exists as long as its file does; those without a file came with the host. */
  private loadUnitFiles(): void {
    for (const path of this.files.keys()) {
      const name = /^\/etc\/systemd\/system\/([^/]+\.(?:service|timer))$/.exec(path)?.[1];
      if (name !== undefined && !this.units.has(name))
        this.units.set(name, { enabled: false, running: false, told: ['file'] });
    }
    for (const [name, unit] of this.units)
      if (unit.told[0] === 'file' && !this.files.has(`/etc/systemd/system/${name}`)) this.units.delete(name);
  }
}

const ok = (stdout: string): Ran => ({ exitCode: 0, stdout, stderr: '' });

/** The state directory in memory. */
export class FakeStateDirectory implements StateDirectory {
  readonly path = '/var/lib/holdfast';
  readonly files = new Map<string, Uint8Array>();
  async read(name: string): Promise<Uint8Array | null> {
    return this.files.get(name) ?? null;
  }
  async replace(name: string, bytes: Uint8Array | string): Promise<void> {
    this.files.set(name, typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes);
  }
  async remove(name: string): Promise<void> {
    this.files.delete(name);
  }
  async list(folder: string): Promise<readonly string[]> {
    return [...this.files.keys()]
      .filter((name) => name.startsWith(`${folder}/`))
      .map((name) => name.slice(folder.length + 1))
      .sort();
  }
}

export const fileOf = (
  host: FakeHost,
  text: string,
  mode = 0o644,
  owner = 'root',
  group = 'root',
): FileOnDisk => ({
  content: host.blobs.remember(new TextEncoder().encode(text)) satisfies BlobRef,
  mode,
  owner,
  group,
});
