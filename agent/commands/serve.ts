import type { AgentConfig } from '../config.ts';
import type { Cycle, Tools } from '../converge.ts';
import type { Cluster } from '../desired/cluster.ts';
import { listedRole } from '../desired/role.ts';
import type { Agreeing, Patience } from '../fleet/agree.ts';
import { giveBackWhenWanted, type GivingBack } from '../fleet/give-back.ts';
import { Followed } from '../fleet/followed.ts';
import { heeding } from '../fleet/heeding.ts';
import { lookAround } from '../fleet/looking.ts';
import { formatMetrics, type MetricFacts } from '../fleet/metrics.ts';
import { Self } from '../fleet/self.ts';
import { StatusServer, whereIn } from '../fleet/status-server.ts';
import { NOTHING_COUNTED, tallied } from '../fleet/tally.ts';
import { Textfile } from '../fleet/textfile.ts';
import { Wake } from '../fleet/wake.ts';
import type { LastSample } from '../health/health.ts';
import { wantsItBack } from '../transaction/put-right.ts';
import { clusterInForce } from './cluster-in-force.ts';
import type { Environment } from './environment.ts';

export type Serving = {
  /** To be called before a cycle, under its lock. */
  begins(): Promise<void>;
  /** What a cycle has found, and how long it took. */
  ended(cycle: Cycle, tookMs: number): Promise<void>;
  close(): Promise<void>;
};

/**
 * The daemon's side of the fleet: it answers the other hosts, looks at them between the cycles, and keeps the metrics.
 * `ask`: asks for a cycle. None of it ever fails a cycle.
 */
export async function serve(
  tools: Tools & { readonly lastSample: LastSample },
  config: AgentConfig,
  environment: Environment,
  ask: () => void,
): Promise<Serving> {
  const { machine, log, release } = environment;
  const { fleet } = tools;
  if (fleet === null) return ALONE;
  const { view, state, runtime, clock, identity, handOver } = tools;
  const hostname = (): string => identity().hostname;
  let place: ReturnType<GivingBack['place']> = null;
  const wantsVip = async (): Promise<boolean> =>
    handOver !== null && wantsItBack(handOver, place?.role.priority ?? null);
  const places = { state, runtime };
  const self = new Self({ release, identity, places, clock, fleet, view, wantsVip });
  const metrics = new Metrics(self, tools.lastSample);
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> => machine.sleep(ms, signal);
  const server = new StatusServer({
    status: () => self.status(),
    brief: () => self.status(true),
    metrics: () => metrics.text(),
    listen: machine.listenForStatus,
    clock,
    sleep,
    log,
  });
  const textfile = new Textfile(machine, clock, log);
  fleet.onKnown((cluster) => {
    const role = listedRole(cluster, hostname());
    place = role && { cluster, role };
    self.know(cluster);
    server.serve(whereIn(cluster, role?.address ?? null, config.status.port));
  });
  const know = (cluster: Cluster): void => fleet.know(cluster, hostname());
  // Nobody has announced anything yet: what an earlier agent said ended with it.
  await fleet.saying.say(null).catch(() => undefined);
  await fleet.saying.stage(null).catch(() => undefined);
  const before = await clusterInForce(state).catch(() => null);
  if (before !== null) know(before);
  const stop = new AbortController();
  const { live } = tools.host;
  const agreeing = { state, runtime, live, log, hostname, clock };
  const heeded = heeding(fleet, agreeing, ask);
  const looking = lookAround(heeded, { sleep }, stop.signal, ask);
  const wake = new Wake(clock, sleep, ask);
  const followed = new Followed(state);
  const giving: GivingBack = { place: () => place, ask: (names) => fleet.askOnly(names), handOver };
  const givingBack = giveBackWhenWanted(giving, sleep, stop.signal);
  return {
    begins: () =>
      heeded.catchUp.end(() => catchUp({ ...tools, fleet, live, hostname }, sleep)).catch(() => undefined),
    ended: async (cycle, tookMs) => {
      const cluster = cycle.choice.plan?.of.cluster ?? null;
      // Plain data on its way through generations, and a Cluster all along.
      if (cluster !== null) know(cluster as unknown as Cluster);
      metrics.count(cycle, tookMs);
      if (cycle.status.source.ok) await followed.keep(clock.now()).catch(() => undefined);
      wake.at(cycle.status.held?.againMs ?? null);
      await textfile.keep(() => metrics.text());
    },
    close: async () => {
      stop.abort();
      wake.at(null);
      await looking;
      await givingBack;
      await server.close();
    },
  };
}

const ALONE: Serving = {
  begins: async () => undefined,
  ended: async () => undefined,
  close: async () => undefined,
};

/** One try, and Git has its own limits: after it the cycle asks the repository in any case. */
async function catchUp(agreeing: Agreeing, sleep: Patience['sleep']): Promise<void> {
  const { agree } = await import('../fleet/agree.ts');
  await agree(agreeing, { limitMs: 300_000, tries: 1, sleep, isLongAway: async () => true });
}

class Metrics {
  readonly #self: Self;
  readonly #lastSample: LastSample;
  #facts: Pick<MetricFacts, 'cycle' | 'lastChange' | 'tally'> = {
    cycle: null,
    lastChange: null,
    tally: NOTHING_COUNTED,
  };
  constructor(self: Self, lastSample: LastSample) {
    this.#self = self;
    this.#lastSample = lastSample;
  }
  count({ status: { atMs, lastChange }, done }: Cycle, tookMs: number): void {
    this.#facts = { cycle: { atMs, tookMs }, lastChange, tally: tallied(this.#facts.tally, done) };
  }
  async text(): Promise<string> {
    return formatMetrics({ ...this.#facts, self: await this.#self.status(), checks: this.#lastSample() });
  }
}
