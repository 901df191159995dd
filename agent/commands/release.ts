import type { Cluster } from '../desired/cluster.ts';
import { converge, type Cycle, type Tools } from '../converge.ts';
import { lastHolder } from '../fleet/last-holder.ts';
import { withoutVip } from '../health/without-vip.ts';
import type { StateDirectory } from '../host/host.ts';
import type { Plan } from '../plan/change.ts';
import { sayDegraded } from '../report/told-end.ts';
import type { Status } from '../report/status.ts';
import { sourceAsFirstSeen } from '../source/as-first-seen.ts';
import { keptGenerations } from '../source/kept-generations.ts';
import type { Generation } from '../transaction/generations.ts';
import { readLedger, type Ledger } from '../transaction/ledger.ts';
import { readPause } from '../transaction/pause.ts';
import { refusePaused, refuseUnderWay } from './before-by-hand.ts';
import { bringToItsEnd } from './bring-to-its-end.ts';
import { endOf, exitCodeOf } from './converge.ts';
import { CommandRefused, EXIT, type CommonOptions, type Environment } from './environment.ts';
import { openConfig } from './open-config.ts';
import { openTools } from './open-tools.ts';
import { placesUnder } from './places.ts';
import { printPlan } from './plan.ts';
import { refuseAnotherHosts } from './refuse-another-hosts.ts';
import { withLock } from './with-lock.ts';

/** A hand-made keepalived.conf that is put back has the name, and the priority, of the host that it was found on. */
const AS_ANOTHER_WAS =
  'It would become what that host was before Holdfast. Give it that name and address; or add --yes, if that is what it shall become.';

export type ReleaseOptions = CommonOptions & {
  readonly dryRun?: boolean;
  readonly whilePaused?: boolean;
  readonly interrupted?: boolean;
  readonly yes?: boolean;
};

/**
 * `holdfast release`: this host as it was before Holdfast, resource by resource, the ordinary way: shown, checked,
 * judged, and taken back if it makes things worse. Nothing is managed on it afterwards until somebody resumes.
 */
export async function releaseCommand(options: ReleaseOptions, environment: Environment): Promise<number> {
  const { machine, user } = environment;
  const places = placesUnder(options.root, options.config);
  const config = openConfig(places.config, environment, true);
  const state = machine.openStateDirectory(places.state);
  return withLock(places.lock, 'holdfast release', environment, async () => {
    if (options.interrupted === true) await bringToItsEnd({ options, places, config }, environment);
    else await refuseUnderWay(state);
    const nowMs = machine.clock.now();
    const paused = await readPause(state, nowMs);
    const ledger = await readLedger(state);
    if (ledger.inventory.size === 0) return nothingManaged(options, environment);
    const generation = await inForce(ledger, state);
    const source = sourceAsFirstSeen(generation, user, () => machine.clock.now());
    const tools = await openTools({ options, places, config, source }, environment);
    if (options.yes !== true) refuseAnotherHosts(generation, AS_ANOTHER_WAS, tools, options);
    const seen = await converge(tools, 'dry run');
    if (options.dryRun === true) return printPlan(seen, tools, options, environment);
    refusePaused(paused, options.whilePaused === true, 'release it');
    // Whoever watches sees first what will happen. What is refused must not put drift right in its place.
    const { plan, refused } = seen.choice;
    if (refused !== null || (environment.watched && options.json !== true))
      printPlan(seen, tools, options, environment);
    if (refused !== null || plan === null) return EXIT.refused;
    if (options.yes !== true) await refuseLastHolder(plan, tools, environment);
    tools.blobs.forget();
    const health = options.yes === true && tools.health !== null ? withoutVip(tools.health) : tools.health;
    return tell(await converge({ ...tools, health }), tools, options, environment);
  });
}

function nothingManaged({ json }: ReleaseOptions, { out }: Environment): number {
  out(
    json === true
      ? `${JSON.stringify({ managed: 0 })}\n`
      : 'Nothing is managed on this host, so there is nothing to put back.\n',
  );
  return EXIT.ok;
}

/** Who this host is and what its cluster is like: of the newest generation that can be read. */
async function inForce(ledger: Ledger, state: StateDirectory): Promise<Generation> {
  const readable = (await keptGenerations(state, ledger)).find((one) => 'generation' in one);
  if (readable !== undefined && 'generation' in readable) return readable.generation;
  throw new CommandRefused(
    `${state.path}/generations holds none that can be read, so the health of this host cannot be judged while it is released. Let the agent converge once, and try again.`,
  );
}

async function refuseLastHolder(plan: Plan, tools: Tools, { machine }: Environment): Promise<void> {
  if (tools.host.live === null) return;
  const alone = await lastHolder(plan, {
    probes: await machine.openProbes(tools.host, null),
    ask: async (cluster, me) => {
      tools.fleet?.know(cluster, me);
      return (await tools.fleet?.ask()) ?? new Map();
    },
  });
  if (alone === null) return;
  const { vip } = plan.of.cluster as unknown as Cluster;
  const because = alone.length === 0 ? 'it is the only node of its control plane' : alone.join('; ');
  throw new CommandRefused(
    `Nothing was done: this host holds the virtual IP ${vip}, and nobody else would have it afterwards: ${because}. Bring another node back first; or add --yes, and ${vip} goes with it.`,
    EXIT.refused,
  );
}

/** What could not be put back yet is named: nobody shall take the host for what it was. */
async function tell(
  cycle: Cycle,
  tools: Tools,
  { json }: ReleaseOptions,
  { out }: Environment,
): Promise<number> {
  const { status } = cycle;
  const { inventory } = await readLedger(tools.state);
  const isReleased = status.outcome === 'released';
  if (json === true) out(`${JSON.stringify(status)}\n`);
  else out(`${isReleased ? releasedSentences(status, inventory.size) : endOf(status)}\n`);
  if (!isReleased) return exitCodeOf(status);
  return inventory.size === 0 ? EXIT.ok : EXIT.failed;
}

function releasedSentences({ waiting, lastChange }: Status, left: number): string {
  return [
    ...(lastChange?.end === 'degraded' ? [sayDegraded(lastChange)] : []),
    left === 0
      ? 'This host is as it was before Holdfast; packages stay.'
      : `This host is released, and not all of it is as it was before Holdfast:\n${waiting.map(({ id, why }) => `  ${id}: ${why}`).join('\n')}\nThe agent tries that again.`,
    'No commit is applied on it until: holdfast resume. To take the program off as well: sudo apt purge holdfast',
  ].join('\n');
}
