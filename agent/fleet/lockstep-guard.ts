import { touchesManifest } from '../health/manifest.ts';
import { isInForce, type NotNow, type Plan } from '../plan/change.ts';
import type { StateDirectory } from '../host/host.ts';
import type { BlobStore } from '../transaction/blobs.ts';
import { readGeneration, type Generation } from '../transaction/generations.ts';
import { readLedger } from '../transaction/ledger.ts';
import type { Fleet } from './fleet.ts';
import { keptStopped, whyStopped } from './keep-stopped.ts';
import { momentProblem } from './lockstep.ts';
import { membersOf } from './lockstep-members.ts';
import { lockstep } from './lockstep-step.ts';
import { changedIn, lockstepOf, type Lockstep } from './lockstep-of.ts';

type Guarding = {
  readonly state: StateDirectory;
  readonly runtime: StateDirectory;
  readonly blobs: BlobStore;
  /** `null`: there are no other hosts to agree with. */
  readonly fleet: Fleet | null;
  readonly clock: { now(): number; monotonicMs(): number };
  /** A person asks for an older generation, on this host alone. */
  readonly isGoingBack: boolean;
};

/** A guard of preflight: a commit that changes what all hosts must agree on says when, and does nothing else that is slow. */
export function lockstepGuard(tools: Guarding) {
  return async (plan: Plan): Promise<readonly NotNow[]> => {
    if (tools.fleet === null) return [];
    if (isInForce(plan.of)) return keptStopped(plan, tools.runtime);
    const { generation } = await readLedger(tools.state);
    const committed = generation === 0 ? null : await readGeneration(tools.state, generation);
    const isDissenting = (await whyStopped(tools.runtime)) !== null;
    const of = await lockstepOf(plan, { committed, blobs: tools.blobs, isDissenting });
    if (tools.isGoingBack) return goingBack(plan, committed, of, tools);
    if (of === null) return keptStopped(plan, tools.runtime);
    const why = momentProblem(of.changed, of.atMs, tools.clock.now()) ?? apart(of, plan);
    if (why === null || (await isJoining(of, tools.fleet, tools.clock))) return [];
    return [{ id: 'cluster[rollout.at]', why, at: plan.of.moment ?? null }];
  };
}

/** Another virtual IP or VRID is brought back on this host alone only where the others have it: then it joins them. */
async function goingBack(
  plan: Plan,
  committed: Generation | null,
  of: Lockstep | null,
  { blobs, runtime, fleet, clock }: Guarding,
): Promise<readonly NotNow[]> {
  const changed = committed === null ? [] : await changedIn(committed, plan.of, blobs);
  if (changed.length === 0) return keptStopped(plan, runtime);
  if (of !== null && fleet !== null && (await isJoining(of, fleet, clock))) return [];
  const what = changed.join(', ');
  const why = `it has another ${what} than what is in force now, and all hosts must agree on that: with this one alone gone back, two hosts would hold the virtual IP. The way back is a commit for all of them: "git revert" of the one that changed ${what}, with a rollout.at. Where nobody can push, the README says how it is done by hand, under "What all nodes must agree on".`;
  return [{ id: `cluster[${what}]`, why, at: null }];
}

/** What takes minutes, or takes the API server away, cannot be done by all hosts at once. */
function apart({ changed }: Lockstep, plan: Plan): string | null {
  const what = changed.join(', ');
  if (plan.packagesFirst)
    return `it changes ${what} on all hosts at one moment, and installs packages as well. Commit the packages first, by themselves.`;
  if (touchesManifest(plan))
    return `it changes ${what} on all hosts at one moment, and the API server's manifest as well: all API servers would start anew at once. Commit the manifest by itself.`;
  return null;
}

/** Its moment may be long past where the others have moved. */
async function isJoining(of: Lockstep, fleet: Fleet, clock: Guarding['clock']): Promise<boolean> {
  const { before, cluster, me } = of;
  fleet.know(before, me);
  const answer = lockstep({
    ...of,
    ...membersOf(before, cluster),
    sightings: await fleet.look(),
    wallMs: clock.now(),
    nowMs: clock.monotonicMs(),
    unreachableMs: cluster.rollout.unreachableMs,
  });
  return 'join' in answer;
}
