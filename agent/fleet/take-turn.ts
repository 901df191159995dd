import type { Cluster } from '../desired/cluster.ts';
import { touchesManifest } from '../health/manifest.ts';
import type { Clock, Identity } from '../host/host.ts';
import { isInForce, type Plan } from '../plan/change.ts';
import { formatFrom } from '../plan/format-plan.ts';
import type { Log } from '../report/log.ts';
import type { Held, Status } from '../report/status.ts';
import { readStatus, type StatusPlaces } from '../report/status-file.ts';
import type { Found } from '../source/source.ts';
import type { Fleet } from './fleet.ts';
import type { OwnView } from './view.ts';
import type { FleetNode } from './turn-order.ts';
import type { TurnAnswer, TurnAsked } from './turn.ts';
import type { TurnQuestion } from './turns.ts';

export type TakingTurns = StatusPlaces & {
  /** `null`: nobody else is asked (an image at rest, a directory, an older generation that a person asked for). */
  readonly fleet: Fleet | null;
  /** What this host sees of its own API server and of the virtual IP. */
  readonly view: (cluster: Cluster) => Promise<OwnView>;
  readonly identity: () => Identity;
  readonly clock: Clock;
  readonly log: Log;
  /** What goes on while it takes its time, as a sentence. */
  readonly progress: (sentence: string) => void;
};

/**
 * Whether a plan may begin on this host now, as far as the other hosts are concerned; `null`: it may, and the turn is
 * this host's until `endTurn`. Drift needs no turn, but one API server restarts at a time even then.
 */
export async function takeTurn(plan: Plan, found: Found, tools: TakingTurns): Promise<Held | null> {
  // Plain data on its way through generations, and a Cluster all along.
  const cluster = plan.of.cluster as unknown as Cluster;
  tools.fleet?.know(cluster, plan.of.role.hostname);
  const question = await questionOf(plan, cluster, found, tools);
  if (question === null || tools.fleet === null) return null;
  tools.progress("asking the other hosts whether it is this host's turn");
  const answer = await tools.fleet.turns.ask(question);
  if (!('go' in answer)) return heldBy(answer, plan, found, tools);
  for (const sentence of answer.warnings) tools.log.warn({ event: 'turn', sentence });
  return null;
}

/** `null`: this plan needs nobody's leave. */
async function questionOf(
  plan: Plan,
  cluster: Cluster,
  found: Found,
  tools: TakingTurns,
): Promise<TurnQuestion | null> {
  const { of } = plan;
  const commit = 'commit' in of.from ? of.from.commit : null;
  const isDrift = isInForce(of);
  const restartsApiServer = of.role.role !== 'worker' && touchesManifest(plan);
  if (tools.fleet === null || commit === null || found.again !== undefined) return null;
  if (isDrift && !restartsApiServer) return null;
  const { addresses } = tools.identity();
  return {
    me: of.role.hostname,
    commit,
    nodes: nodesOf(cluster),
    rollout: cluster.rollout,
    self: { holdsVip: [...addresses.values()].flat().includes(cluster.vip), isStuck: false },
    fetched: found.ok,
    apiServer: restartsApiServer ? await apiServerNow(cluster, tools) : null,
    isDrift,
  };
}

const nodesOf = ({ nodes, workers }: Cluster): readonly FleetNode[] => [
  ...nodes.map(({ name, priority }) => ({ name, priority })),
  ...workers.map(({ name }) => ({ name, priority: null })),
];

async function apiServerNow(cluster: Cluster, { view }: TakingTurns): Promise<TurnAsked['apiServer']> {
  const { apiServer } = await view(cluster);
  return { ready: apiServer.ready };
}

async function heldBy(
  answer: Exclude<TurnAnswer, { readonly go: true }>,
  { of }: Plan,
  { head }: Found,
  tools: TakingTurns,
): Promise<Held> {
  const words = `${isInForce(of) ? 'drift from ' : ''}${formatFrom(of.from)}`;
  const before = (await readStatus(tools).catch(() => null))?.held ?? null;
  const isSame = before?.by === 'turn' && before.of === words;
  return {
    of: words,
    commit: head,
    by: 'turn',
    why: 'wait' in answer ? answer.wait.why : answer.stop.why,
    for: 'wait' in answer ? answer.wait.for : answer.stop.by,
    sinceMs: isSame ? before.sinceMs : tools.clock.now(),
  };
}

/** To be called when it is on record how the cycle ended: the others learn of both in one answer. */
export async function endTurn({ held }: Pick<Status, 'held'>, fleet: Fleet | null): Promise<void> {
  // Ready for a lockstep commit, or not any more.
  if (held?.by !== 'lockstep') await fleet?.saying.stage(null).catch(() => undefined);
  // Nobody is stopped by what this host could not say.
  await fleet?.turns
    .giveBack(held && { for: held.for ?? held.by, why: held.why }, held?.by === 'turn')
    .catch(() => undefined);
}
