import type { Candidate } from '../desired/candidate.ts';
import type { Cluster } from '../desired/cluster.ts';
import { listedRole } from '../desired/role.ts';
import type { Clock } from '../host/host.ts';
import type { Found, Source } from '../source/source.ts';
import type { BlobStore } from '../transaction/blobs.ts';
import { readGeneration, type Generation } from '../transaction/generations.ts';
import { readLedger } from '../transaction/ledger.ts';
import type { Fleet } from './fleet.ts';
import type { Heeding } from './heeding.ts';
import { dissent, openAgreement } from './agreement.ts';
import { heed, type KeepingStopped } from './keep-stopped.ts';
import { membersOf } from './lockstep-members.ts';
import { lockstepOf } from './lockstep-of.ts';
import { lockstep } from './lockstep-step.ts';
import { areAsThisHost, differ } from './other-commits.ts';
import type { Sightings } from './sightings.ts';

/** What a host asks before it takes part again. */
export type Agreeing = Omit<Heeding, 'agreement'> & {
  readonly fleet: Pick<Fleet, 'know' | 'look'>;
  readonly source: Source;
  readonly blobs: BlobStore;
  readonly clock: Clock;
};

export type Patience = {
  /** One fetch, tried again until it works, at most so often, or so much time is over, and given up then. */
  readonly limitMs: number;
  readonly tries?: number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Whether it has been so long away that the repository is asked also where the others seem to agree. */
  readonly isLongAway: () => Promise<boolean>;
};

const BETWEEN_MS = 3_000;

/**
 * What all hosts must agree on may have changed while this one was away: the others are asked, and, where they have
 * another commit in force, the repository once. Where more than half of them have moved, keepalived is kept stopped
 * until the agent has brought this host to what they have. In doubt it runs.
 */
export async function agree(tools: Agreeing, patience: Patience): Promise<void> {
  const at = await standing(tools);
  if (at === null) return;
  const { fleet } = tools;
  const keeping: KeepingStopped = { ...tools, agreement: openAgreement(tools.state) };
  fleet.know(at.cluster, at.me);
  const others = await fleet.look();
  // What is known already does not wait for a repository that does not answer.
  const differing = await keeping.agreement.differing(at.inForce);
  if (dissent(differing, { ...at, sightings: others }) !== null)
    await heed({ ...at, sightings: others }, keeping);
  const isAsked = !areAsThisHost(others, at) && (differ(others, at) || (await patience.isLongAway()));
  if (isAsked) await askRepository(at, others, keeping, tools, patience);
  await heed({ ...at, sightings: isAsked ? await fleet.look() : others }, keeping);
}

async function askRepository(
  at: Standing,
  others: Sightings,
  keeping: KeepingStopped,
  tools: Agreeing,
  patience: Patience,
): Promise<void> {
  const found = await fetched(at, tools, patience);
  if ('newest' in found) return compared(found.newest, others, at, keeping, tools);
  const sentence = `The repository could not be asked whether this host still agrees with the others on the virtual IP, so keepalived goes by what is known here: ${found.gaveUp}`;
  tools.log.warn({ event: 'agree', sentence });
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
async function standing({ state, hostname }: Agreeing): Promise<Standing | null> {
  const { generation, accepted } = await readLedger(state);
  const committed = generation === 0 ? null : await readGeneration(state, generation);
  const inForce = committed?.commit?.sha ?? null;
  if (committed === null || inForce === null) return null;
  // Plain data on its way through generations, and a Cluster all along.
  const cluster = committed.candidate.cluster as unknown as Cluster;
  const me = hostname();
  const role = listedRole(cluster, me)?.role ?? 'worker';
  const nodes = cluster.nodes.map(({ name }) => name);
  return role === 'worker' ? null : { accepted, committed, inForce, cluster, me, nodes };
}

type Fetched = { readonly newest: Found['newest'] } | { readonly gaveUp: string };

/** A server that takes every packet and answers none holds up nobody for longer than the limit. */
async function fetched(
  { accepted, committed }: Standing,
  { source, clock }: Agreeing,
  { limitMs, tries = Infinity, sleep }: Patience,
): Promise<Fetched> {
  const untilMs = clock.monotonicMs() + limitMs;
  const late = sleep(limitMs).then(() => null);
  const once = (): Promise<Pick<Found, 'ok' | 'newest' | 'why'>> =>
    source
      .newest({ accepted, committed })
      .catch((cause: unknown) => ({ ok: false, newest: null, why: String(cause) }));
  for (let tried = 1; ; tried += 1) {
    const found = await Promise.race([once(), late]);
    if (found === null) return { gaveUp: `it did not answer within ${limitMs / 1000} s.` };
    if (found.ok) return { newest: found.newest };
    if (tried >= tries || clock.monotonicMs() + BETWEEN_MS >= untilMs)
      return { gaveUp: found.why ?? 'nobody knows why.' };
    await sleep(BETWEEN_MS);
  }
}

/** Takes note of which commits differ from the one in force here. */
async function compared(
  newest: Found['newest'],
  sightings: Sightings,
  { committed, inForce }: Standing,
  { agreement }: KeepingStopped,
  { blobs, clock }: Agreeing,
): Promise<void> {
  if (newest === null || typeof newest !== 'object' || !('resources' in newest)) return;
  const before = { committed, blobs, isDissenting: false };
  const of = await lockstepOf({ of: newest satisfies Candidate }, before);
  if (of === null) return;
  await agreement.differs(inForce, of.commit);
  const { unreachableMs } = of.cluster.rollout;
  const now = { wallMs: clock.now(), nowMs: clock.monotonicMs(), unreachableMs };
  const answer = lockstep({ ...of, ...membersOf(of.before, of.cluster), sightings, ...now });
  if ('join' in answer) for (const commit of answer.commits) await agreement.differs(inForce, commit);
}
