import { listedRole } from '../desired/role.ts';
import type { Cluster } from '../desired/cluster.ts';
import type { Candidate } from '../desired/candidate.ts';
import type { Tools } from '../converge.ts';
import { openAgreement, type Agreement } from '../fleet/agreement.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { Followed } from '../fleet/followed.ts';
import { heed } from '../fleet/keep-stopped.ts';
import { lockstepOf } from '../fleet/lockstep-of.ts';
import { lockstep } from '../fleet/lockstep-step.ts';
import type { Sightings } from '../fleet/sightings.ts';
import type { Found } from '../source/source.ts';
import { readGeneration, type Generation } from '../transaction/generations.ts';
import { journalOrDamage } from '../transaction/journal.ts';
import { readLedger } from '../transaction/ledger.ts';
import { JournalDamaged } from '../transaction/phase.ts';
import { EXIT, type CommonOptions, type Environment } from './environment.ts';
import { openConfig } from './open-config.ts';
import { openTools } from './open-tools.ts';
import { placesUnder } from './places.ts';
import { withLock } from './with-lock.ts';

/** holdfast-agree.service is given 90 s, and keepalived starts when it has ended, however it ends. */
const LIMIT_MS = 75_000;
const BETWEEN_MS = 3_000;

/**
 * `holdfast recover --boot --agree`, called before keepalived starts: what all hosts must agree on may have changed
 * while this one was away. Where it has, and more than half of them have moved, keepalived stays stopped until the
 * agent has brought this host to what they have. In doubt keepalived starts.
 */
export async function agreeAtBoot(options: CommonOptions, environment: Environment): Promise<number> {
  const { machine } = environment;
  const places = placesUnder(undefined, options.config);
  const config = openConfig(places.config, environment, false);
  return withLock(places.lock, 'holdfast recover', environment, async () => {
    const tools = await openTools({ options, places, config }, environment);
    if (await isBeingJudged(tools)) return EXIT.ok;
    const at = await standing(tools);
    if (at !== null && tools.fleet !== null) await agree(at, tools.fleet, tools, (ms) => machine.sleep(ms));
    return EXIT.ok;
  });
}

/** The disk has a change already that the ledger has not: the agent judges it, and that takes a keepalived. */
async function isBeingJudged({ state }: Tools): Promise<boolean> {
  const journal = await journalOrDamage(state);
  return (
    !(journal instanceof JournalDamaged) &&
    (journal.phase.phase === 'verifying' || journal.phase.phase === 'settling')
  );
}

type Standing = {
  readonly accepted: string | null;
  readonly committed: Generation;
  readonly inForce: string;
  readonly cluster: Cluster;
  readonly me: string;
  readonly nodes: readonly string[];
};

/** `null`: nothing is in force that others could disagree with, or this host has no part in VRRP. */
async function standing({ state, identity }: Tools): Promise<Standing | null> {
  const { generation, accepted } = await readLedger(state);
  const committed = generation === 0 ? null : await readGeneration(state, generation);
  const inForce = committed?.commit?.sha ?? null;
  if (committed === null || inForce === null) return null;
  // Plain data on its way through generations, and a Cluster all along.
  const cluster = committed.candidate.cluster as unknown as Cluster;
  const me = identity().hostname;
  const role = listedRole(cluster, me)?.role ?? 'worker';
  const nodes = cluster.nodes.map(({ name }) => name);
  return role === 'worker' ? null : { accepted, committed, inForce, cluster, me, nodes };
}

async function agree(
  at: Standing,
  fleet: Fleet,
  tools: Tools,
  sleep: (ms: number) => Promise<void>,
): Promise<void> {
  const { state, clock, log, runtime } = tools;
  const agreement = openAgreement(state);
  fleet.know(at.cluster, at.me);
  const others = await fleet.look();
  if (areAsThisHost(others, at)) return;
  // What is known already does not wait for a repository that does not answer.
  const keeping = { runtime, agreement, live: null, log };
  await heed({ ...at, sightings: others }, keeping);
  const isLongAway = await new Followed(state).isLongAgo(clock.now());
  if (isLongAway || differ(others, at)) {
    const found = await fetched(at, tools, sleep);
    if (found !== null) await compared(found, others, at, agreement, tools);
  }
  const where = { ...at, sightings: await fleet.look() };
  // keepalived does not run yet, so there is nothing to stop.
  await heed(where, keeping);
}

const commitsOf = (sightings: Sightings, nodes: readonly string[]): readonly string[] =>
  [...sightings].flatMap(([name, { status, silent }]) =>
    // Workers have no part in it.
    !nodes.includes(name) || silent !== null || (status?.commit ?? null) === null ? [] : [status!.commit!],
  );

/** More than half, this host counted, have the same commit in force. */
const areAsThisHost = (sightings: Sightings, { inForce, nodes }: Standing): boolean =>
  (commitsOf(sightings, nodes).filter((commit) => commit === inForce).length + 1) * 2 > nodes.length;

const differ = (sightings: Sightings, { inForce, nodes }: Standing): boolean =>
  commitsOf(sightings, nodes).filter((commit) => commit !== inForce).length * 2 > nodes.length;

/** One fetch, tried again until it works; `null`: it did not in time. */
async function fetched(
  { accepted, committed }: Standing,
  { source, clock }: Tools,
  sleep: (ms: number) => Promise<void>,
): Promise<Found['newest']> {
  const untilMs = clock.monotonicMs() + LIMIT_MS;
  for (;;) {
    const found = await source.newest({ accepted, committed }).catch(() => null);
    if (found?.ok === true) return found.newest;
    if (clock.monotonicMs() >= untilMs) return null;
    await sleep(BETWEEN_MS);
  }
}

/** Takes note of which commits differ from the one in force here. */
async function compared(
  newest: Found['newest'],
  sightings: Sightings,
  { committed, inForce, nodes }: Standing,
  agreement: Agreement,
  { blobs, clock }: Tools,
): Promise<void> {
  if (newest === null || typeof newest !== 'object' || !('resources' in newest)) return;
  const of = await lockstepOf({ of: newest satisfies Candidate }, committed, blobs);
  if (of === null) return;
  await agreement.differs(inForce, of.commit);
  const { unreachableMs } = of.cluster.rollout;
  const now = { wallMs: clock.now(), nowMs: clock.monotonicMs(), unreachableMs };
  const answer = lockstep({ ...of, nodes, sightings, ...now });
  if ('join' in answer) for (const commit of answer.commits) await agreement.differs(inForce, commit);
}
