import { join } from 'node:path';
import type { AgentConfig } from '../config.ts';
import type { Cluster } from '../desired/cluster.ts';
import type { Unlock } from '../desired/secrets.ts';
import { listedRole } from '../desired/role.ts';
import { openFleet, type Fleet } from '../fleet/fleet.ts';
import { NOTHING_SEEN, type OwnView } from '../fleet/view.ts';
import { openSaying } from '../fleet/saying.ts';
import { witness } from '../fleet/witness.ts';
import type { Time } from '../health/check.ts';
import type { LastSample, Looking } from '../health/health.ts';
import { StoppedMeanwhile } from '../health/stopped.ts';
import type { StatusPlaces } from '../report/status-file.ts';
import type { Tools } from '../converge.ts';
import type { Clock, Identity, StateDirectory } from '../host/host.ts';
import { stepName, type Step } from '../plan/change.ts';
import { KINDS } from '../resources/index.ts';
import { openCheckouts } from '../source/checkout.ts';
import { sourceFromDirectory } from '../source/from-directory.ts';
import { sourceFromGit } from '../source/from-git.ts';
import type { RenderTree } from '../source/render-tree.ts';
import type { Marker } from '../source/rendering-marker.ts';
import type { Source } from '../source/source.ts';
import { BlobStore } from '../transaction/blobs.ts';
import type { Together } from '../transaction/together.ts';
import { clusterInForce } from './cluster-in-force.ts';
import { CommandRefused, EXIT, type CommonOptions, type Environment } from './environment.ts';
import { openHandOverTools } from './open-hand-over.ts';
import { openHealth } from './open-health.ts';
import { openLints } from './open-lints.ts';
import type { Places } from './places.ts';
import { withProgress } from './progress.ts';

export type Opening = {
  readonly options: CommonOptions & { readonly from?: string };
  readonly places: Places;
  /** `null` only where the desired state comes from a directory, or from `source`. */
  readonly config: AgentConfig | null;
  /** In place of the repository or a directory. */
  readonly source?: Source;
  /** The agent is to end. */
  readonly stopping?: AbortSignal;
};

/** Puts together what a cycle works with. */
export async function openTools(
  opening: Opening,
  environment: Environment,
): Promise<Tools & { readonly lastSample: LastSample }> {
  const { options, places, config } = opening;
  const { machine, log, release } = environment;
  const atRest = options.root !== undefined;
  const state = machine.openStateDirectory(places.state);
  const runtime = machine.openStateDirectory(places.runtime);
  const blobs = new BlobStore(state);
  const host = atRest ? machine.openImage(options.root, blobs) : machine.openHost(blobs);
  const bench = machine.openBench(host);
  const identity = (): Identity => identityOf(options, config, environment);
  const fleet =
    atRest || config === null ? null : openOthers(config, { state, runtime }, opening, environment);
  let sample: ReturnType<LastSample> = {};
  const looking: Looking = {
    others: fleet && { witness: (cluster) => witness(cluster, () => fleet.ask()) },
    onSample: ({ seen }) => void (sample = seen),
  };
  const handOver = openHandOverTools(host, environment);
  const renderedFor = (): string => JSON.stringify([release, identity().hostname, atRest]);
  const lints = openLints(host, runtime, config, environment);
  const isGoingBack = opening.source !== undefined;
  const lockstep = { state, runtime, blobs, fleet, clock: machine.clock, isGoingBack };
  return {
    release,
    kinds: KINDS,
    host,
    bench,
    guards: [
      async (plan) => (await import('../plan/lockout-guard.ts')).lockoutGuard(bench, identity)(plan),
      async (plan) => (await import('../fleet/lockstep-guard.ts')).lockstepGuard(lockstep)(plan),
      lints.guard,
    ],
    state,
    runtime,
    blobs,
    source: opening.source ?? (await sourceOf(opening, identity, renderedFor, runtime, environment)),
    renderedFor,
    identity,
    clock: machine.clock,
    health: openHealth(host, config, () => machine.openGit(places.state), looking, environment),
    handOver,
    ...(fleet === null ? {} : { together: together(fleet, state, machine.clock) }),
    lastSample: () => sample,
    standing: lints.standing,
    fleet,
    view: (cluster) => view(cluster, { host, identity }, environment),
    bootId: () => machine.bootId(),
    stopping: stoppingOf(opening),
    tidyMemory: () => machine.tidyMemory(),
    log,
    announce: (step: Step) => announce(step, environment),
    progress: (sentence) => say(sentence, environment),
  };
}

/** Loaded when all hosts have changed at once. */
const together =
  (fleet: Fleet, state: StateDirectory, clock: Clock): Together =>
  async (judging) => {
    const { judgeTogether } = await import('../fleet/judge-together.ts');
    return judgeTogether(fleet, { clock, before: () => clusterInForce(state) })(judging);
  };

const stoppingOf = ({ stopping }: Opening): AbortSignal => stopping ?? new AbortController().signal;

function openOthers(
  config: AgentConfig,
  places: StatusPlaces,
  opening: Opening,
  { machine }: Environment,
): Fleet {
  const { clock } = machine;
  const stopping = stoppingOf(opening);
  const sleep: Time['sleep'] = async (ms) => {
    await machine.sleep(ms, stopping);
    if (stopping.aborted) throw new StoppedMeanwhile();
  };
  const saying = openSaying(places.runtime, clock);
  return openFleet({
    ...places,
    ask: machine.askStatus,
    port: config.status.port,
    time: { clock, sleep },
    saying,
  });
}

/** Certificates and TLS are loaded when somebody asks how this host sees the cluster. */
async function view(
  cluster: Cluster,
  { host, identity }: Pick<Tools, 'host' | 'identity'>,
  { machine }: Environment,
): Promise<OwnView> {
  const role = listedRole(cluster, identity().hostname);
  if (role === null) return NOTHING_SEEN;
  const { ownView } = await import('../fleet/own-view.ts');
  return ownView(await machine.openProbes(host, null), cluster, role);
}

function identityOf(options: CommonOptions, config: AgentConfig | null, { machine }: Environment): Identity {
  const found = options.root === undefined ? machine.readIdentity() : machine.readImageIdentity(options.root);
  return { ...found, hostname: config?.hostname ?? found.hostname };
}

async function sourceOf(
  opening: Opening,
  identity: () => Identity,
  renderedFor: () => string,
  marker: Marker,
  environment: Environment,
): Promise<Source> {
  const { options, places, config } = opening;
  const { machine } = environment;
  // An image at rest has no addresses yet: its first boot checks them.
  const checkAddress = options.root === undefined;
  const identityFile = identityFileOf(opening);
  const unlock: Unlock = (file) => machine.openUnlock(identityFile)(file);
  // Schemas and templates are a third of the program, and most cycles have nothing to render.
  const render: RenderTree = async (tree, from) => {
    const { candidateOf } = await import('../desired/candidate.ts');
    return candidateOf({ tree, from, identity: identity(), checkAddress, kinds: KINDS, unlock });
  };
  if (options.from !== undefined)
    return sourceFromDirectory(options.from, machine.openTree(options.from), render);
  if (config === null)
    throw new CommandRefused(
      'There is no repository to follow: write agent.yaml or name a directory with --from DIR.',
      EXIT.usage,
    );
  const { repository, verify } = config;
  const git = await machine.openGit(places.state);
  const checkouts = openCheckouts({
    stateDirectory: places.state,
    repository,
    git,
    bootId: await machine.bootId(),
  });
  const addresses = (): readonly string[] => [...identity().addresses.values()].flat();
  const nowMs = (): number => machine.clock.now();
  const source = sourceFromGit({
    repository,
    git,
    checkouts,
    render,
    renderedFor,
    addresses,
    key: () => machine.identityStamp(identityFile),
    checkAddress,
    marker,
    nowMs,
    verify,
  });
  return {
    newest: (before) =>
      withProgress(`asking ${repository.shownUrl}`, environment, () => source.newest(before)),
  };
}

/** An image at rest has its key where its first boot will look for it. */
const identityFileOf = ({ options, places, config }: Opening): string =>
  config === null ? places.identity : join(options.root ?? '/', config.identity);

/** Each step as it begins: at a terminal for whoever waits, otherwise for whoever asked for debug lines. */
const announce = (step: Step, environment: Environment): void => say(stepName(step), environment);

function say(what: string, { watched, err, log }: Environment): void {
  if (watched) err(`now: ${what}\n`);
  else log.debug({ event: 'step', sentence: `Now: ${what}` });
}
