import type { FakeHost } from './fake-host.ts';

export type FakeUnit = {
  enabled: boolean;
  running: boolean;
  fileState?: 'static' | 'masked';
  canReload?: boolean;
  /** Crashes and is started again, over and over: `activating`. */
  starting?: boolean;
  /** Configuration files that it reads when it starts or reloads. */
  reads?: readonly string[];
  /** How often it was told to do what. */
  told: string[];
  /** What the running process has read, and the definition that it was started with. */
  loaded: string | null;
  startedWith: string | null;
  /** What systemd knows of its unit file and drop-ins; read at `daemon-reload`. */
  definition: string;
  /** It exists only as long as its file in /etc/systemd/system does. */
  fromFile: boolean;
};

const UNITS = '/etc/systemd/system';

/** systemd 257 as far as Holdfast uses it: `systemctl show` and the verbs that change units. */
export class FakeSystemd {
  readonly units = new Map<string, FakeUnit>();
  readonly #host: FakeHost;
  constructor(host: FakeHost) {
    this.#host = host;
  }

  add(name: string, enabled: boolean, running: boolean, more: Partial<FakeUnit> = {}): void {
    const unit = {
      enabled,
      running,
      told: [],
      loaded: null,
      startedWith: null,
      definition: '',
      fromFile: false,
      ...more,
    };
    this.units.set(name, { ...unit, definition: this.#definition(name) });
    if (running) this.#start(this.units.get(name)!);
  }

  /** All that can differ of every unit. */
  picture(): readonly unknown[] {
    return [...this.units].map(([name, { enabled, running, loaded, definition, starting }]) => [
      name,
      { enabled, running, loaded, definition, starting: starting === true },
    ]);
  }

  /** Units that were started, restarted or reloaded and yet run something else than what is on disk. */
  outdated(): readonly string[] {
    const told = (unit: FakeUnit, ...verbs: readonly string[]): boolean =>
      unit.running && verbs.some((verb) => unit.told.includes(verb));
    return [...this.units]
      .filter(
        ([name, unit]) =>
          (told(unit, 'start', 'restart') && unit.startedWith !== this.#definition(name)) ||
          (told(unit, 'start', 'restart', 'reload') && unit.loaded !== this.#contents(unit)),
      )
      .map(([name]) => name);
  }

  /** The host goes down. */
  halt(): void {
    for (const unit of this.units.values())
      if (unit.fileState !== 'static')
        Object.assign(unit, { running: false, loaded: null, startedWith: null });
    this.#daemonReload();
  }

  /** The host comes up: what is enabled is started, and reads its files. */
  boot(): void {
    this.#daemonReload();
    for (const [name, unit] of this.units)
      if (unit.fileState === 'static' ? unit.running : unit.enabled && this.#hasFile(name, unit))
        this.#start(unit);
  }

  show(argv: readonly string[]): string {
    const asked = argv[argv.indexOf('--property') + 1]!.split(',');
    const names = argv.slice(argv.indexOf('--') + 1);
    const block = (name: string): string =>
      Object.entries(this.#properties(name))
        .filter(([property]) => asked.includes(property))
        .map(([property, value]) => `${property}=${value}`)
        .join('\n');
    return `${names.map(block).join('\n\n')}\n`;
  }

  run(verb: string, name: string): void {
    if (verb === 'daemon-reload') return this.#daemonReload();
    const unit = this.#find(name);
    if (unit === null)
      throw new Error(`"systemctl ${verb} ${name}" failed with exit code 5: Unit ${name} not found.`);
    if (verb === 'reset-failed') return;
    if (unit.fileState === 'masked') throw new Error(`Unit ${name} is masked.`);
    unit.told.push(verb);
    if (verb === 'enable') unit.enabled = true;
    if (verb === 'disable') unit.enabled = false;
    if (verb === 'stop')
      Object.assign(unit, { running: false, loaded: null, startedWith: null, starting: false });
    if (verb === 'start' && !unit.running) this.#start(unit);
    if (verb === 'restart') this.#start(unit);
    if (verb === 'reload') {
      if (!unit.running || unit.starting === true) throw new Error(`${name} is not active, cannot reload.`);
      unit.loaded = this.#contents(unit);
    }
  }

  #properties(name: string): Readonly<Record<string, string>> {
    const unit = this.#find(name);
    if (unit === null || !this.#hasFile(name, unit)) {
      const state = unit?.running === true ? 'active' : 'inactive';
      return { LoadState: 'not-found', ActiveState: state, UnitFileState: '', CanReload: 'no' };
    }
    return {
      LoadState: unit.fileState === 'masked' ? 'masked' : 'loaded',
      ActiveState: unit.starting === true ? 'activating' : unit.running ? 'active' : 'inactive',
      SubState: unit.starting === true ? 'auto-restart' : unit.running ? 'running' : 'dead',
      NRestarts: unit.starting === true ? '7' : '0',
      UnitFileState: unit.fileState ?? (unit.enabled ? 'enabled' : 'disabled'),
      CanReload: unit.canReload === false ? 'no' : 'yes',
    };
  }

  #hasFile(name: string, unit: FakeUnit): boolean {
    return !unit.fromFile || this.#host.files.has(`${UNITS}/${name}`);
  }

  /** systemd finds a unit file that it has not seen yet by itself; a changed one only at `daemon-reload`. */
  #find(name: string): FakeUnit | null {
    if (!this.units.has(name) && this.#host.files.has(`${UNITS}/${name}`))
      this.add(name, false, false, { fromFile: true });
    return this.units.get(name) ?? null;
  }

  #start(unit: FakeUnit): void {
    Object.assign(unit, { running: true, starting: unit.starting === true && unit.told.length === 0 });
    unit.loaded = this.#contents(unit);
    unit.startedWith = unit.definition;
  }

  #contents(unit: FakeUnit): string {
    return (unit.reads ?? []).map((path) => this.#host.files.get(path)?.content.sha256).join();
  }

  #daemonReload(): void {
    for (const path of this.#host.files.keys()) {
      const name = /^\/etc\/systemd\/system\/([^/]+\.(?:service|timer))$/.exec(path)?.[1];
      if (name !== undefined) this.#find(name);
    }
    for (const [name, unit] of this.units) {
      unit.definition = this.#definition(name);
      // One that still runs, or is still linked to start at boot, is left over: a snapshot shows it.
      if (!this.#hasFile(name, unit) && !unit.running && !unit.enabled) this.units.delete(name);
    }
  }

  #definition(name: string): string {
    const files = [...this.#host.files].filter(
      ([path]) => path === `${UNITS}/${name}` || path.startsWith(`${UNITS}/${name}.d/`),
    );
    return files
      .map(([path, { content }]) => `${path} ${content.sha256}`)
      .toSorted()
      .join();
  }
}
