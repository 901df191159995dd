import type { Fleet } from '../../agent/fleet/fleet.ts';
import { NOTHING_SEEN } from '../../agent/fleet/view.ts';
import { converge, type Cycle, type Mode, type Tools } from '../../agent/converge.ts';
import type { Candidate, NoDesiredState, Refusal } from '../../agent/desired/candidate.ts';
import { aboutFile } from '../../agent/desired/diagnostics.ts';
import type { NotNow, Plan } from '../../agent/plan/change.ts';
import type { LogEvent } from '../../agent/report/event.ts';
import type { Log } from '../../agent/report/log.ts';
import { KINDS } from '../../agent/resources/index.ts';
import type { Resource } from '../../agent/resources/kind.ts';
import type { Found } from '../../agent/source/source.ts';
import { candidate, commitOf } from './desired.ts';
import type { FakeHost } from './fake-host.ts';
import { FakeHealth } from './fake-health.ts';
import { FakeStateDirectory } from './fake-state-directory.ts';

/** Whole cycles on a host in memory, with a state repository that says what the test makes it say. */
export class FakeCycle {
  readonly host: FakeHost;
  /** `LEVEL sentence`, debug lines left out. */
  readonly said: string[] = [];
  readonly events: (LogEvent & { readonly at: string })[] = [];
  readonly runtime: FakeStateDirectory;
  readonly guards: ((plan: Plan) => Promise<readonly NotNow[]>)[] = [];
  readonly health: FakeHealth;
  readonly stop = new AbortController();
  nowMs = 1_000_000;
  boot = 'boot 1';
  atRest = false;
  #head: number | null = null;
  #newest: () => Candidate | Refusal | NoDesiredState | null = () => null;
  #unverified: number | null = null;
  #offline: string | null = null;
  #alwaysRendered = false;

  constructor(host: FakeHost) {
    this.host = host;
    this.runtime = new FakeStateDirectory('/run/holdfast/agent', () => {}, host.power);
    this.health = new FakeHealth(host.power);
  }

  commit(n: number, resources: readonly Resource[], allowMassRemoval = false): this {
    this.#head = n;
    this.#newest = () => ({ ...candidate(this.host, n, resources, allowMassRemoval), cluster: this.cluster });
    return this;
  }
  badCommit(n: number, message: string): this {
    const { sha, author, subject } = commitOf(n);
    this.#head = n;
    this.#newest = () => ({
      from: { commit: sha, author, subject },
      diagnostics: [aboutFile('cluster.yaml', message)],
    });
    return this;
  }
  /** A commit whose signature is refused. */
  unverified(n: number, why: string): this {
    const { sha, author, subject } = commitOf(n);
    this.#head = n;
    this.#unverified = n;
    this.#newest = () => ({
      from: { commit: sha, author, subject },
      diagnostics: [aboutFile(null, why)],
    });
    return this;
  }
  notListed(n: number, why: string): this {
    const { sha, author, subject } = commitOf(n);
    this.#head = n;
    this.#newest = () => ({ from: { commit: sha, author, subject }, noDesiredState: why });
    return this;
  }
  directory(path: string, resources: readonly Resource[]): this {
    this.#head = null;
    this.#newest = () => candidate(this.host, { directory: path }, resources);
    return this;
  }
  offline(why: string | null): this {
    this.#offline = why;
    return this;
  }
  /** As after an update of the agent: the commit in force is rendered again. */
  renderingAgain(): this {
    this.#alwaysRendered = true;
    return this;
  }

  /** One cycle of the daemon; what it said is in `said`. */
  async run(mode: Mode = 'apply'): Promise<Cycle> {
    this.said.length = 0;
    this.events.length = 0;
    this.host.log.length = 0;
    this.host.timeline.length = 0;
    this.nowMs += 30_000;
    const cycle = await converge(this.tools(), mode);
    this.host.blobs.forget();
    return cycle;
  }

  /** The agent was ended and starts again; with `reboot`, the host as well. */
  async restart(reboot = false, early: () => Promise<void> = async () => {}): Promise<void> {
    this.host.power.killAt(Number.POSITIVE_INFINITY);
    this.host.blobs.forget();
    if (!reboot) return;
    this.runtime.files.clear();
    this.boot = `boot ${Number(this.boot.slice(5)) + 1}`;
    await this.host.reboot(early);
  }

  /** The other hosts; `null`: there are none. */
  fleet: Fleet | null = null;
  /** What commits say of the cluster; whoever asks the other hosts needs all of it. */
  cluster: Candidate['cluster'] = { vip: '10.1.233.1' };

  /** How the virtual IP is given away; `null`: it is not. */
  handOver: Tools['handOver'] = null;

  tools(): Tools {
    const { host } = this;
    return {
      release: '1.0.0',
      kinds: KINDS,
      host: host.host(this.atRest),
      bench: host.bench(this.atRest),
      guards: this.guards,
      state: host.state,
      runtime: this.runtime,
      blobs: host.blobs,
      source: { newest: async ({ committed }) => this.#found(committed?.commit?.sha ?? null) },
      renderedFor: () => 'this host',
      identity: () => ({ hostname: 'kubernetes-node-1', addresses: new Map([['eth0', ['10.1.1.1']]]) }),
      clock: { now: () => this.nowMs, monotonicMs: () => this.nowMs },
      log: this.#log(),
      announce: () => {},
      health: this.atRest ? null : this.health,
      bootId: async () => this.boot,
      stopping: this.stop.signal,
      progress: () => {},
      handOver: this.handOver,
      fleet: this.fleet,
      view: async () => NOTHING_SEEN,
    };
  }

  #found(committed: string | null): Found {
    const head = this.#head === null ? null : commitOf(this.#head);
    const followed = { head, ok: this.#offline === null, why: this.#offline };
    if (head !== null && head.sha === committed && !this.#alwaysRendered)
      return { ...followed, newest: 'committed' };
    const unverified = this.#head !== null && this.#head === this.#unverified;
    return { ...followed, newest: this.#newest(), ...(unverified ? { unverified } : {}) };
  }

  #log(): Log {
    const at = (level: string) => (event: LogEvent) => {
      this.events.push({ ...event, at: level });
      if (level !== 'debug') this.said.push(`${level} ${event.sentence}`);
    };
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  }
}
