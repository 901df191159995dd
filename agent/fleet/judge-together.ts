import type { Cluster } from '../desired/cluster.ts';
import { StoppedMeanwhile } from '../health/stopped.ts';
import type { Clock } from '../host/host.ts';
import type { Judging, Together } from '../transaction/together.ts';
import type { Fleet } from './fleet.ts';
import { membersOf } from './lockstep-members.ts';
import type { Sighting, Sightings } from './sightings.ts';

export type JudgedAsked = {
  readonly commit: string;
  readonly me: string;
  readonly nodes: readonly string[];
  readonly sightings: Sightings;
  /** Since this host's own checks have passed. */
  readonly waitedMs: number;
  readonly nowMs: number;
  readonly unreachableMs: number;
};
export type JudgedAnswer = { readonly agreed: true } | { readonly wait: string } | { readonly back: string };

/** So long a host that does not answer, or did not move, is waited for. */
const STRAGGLER_MS = 30_000;
/** The others' daemons may take five minutes to run with it, and a gate comes on top. */
const LONGEST_MS = 420_000;
const BETWEEN_MS = 1_000;

/**
 * Pure. All of them, or more than half once the others have had their time: nobody commits alone what all must agree
 * on. One that took it back takes all of them back.
 */
export function judged(asked: JudgedAsked): JudgedAnswer {
  const { commit, me, nodes, sightings, waitedMs } = asked;
  const peers = nodes
    .filter((name) => name !== me)
    .map((name) => ({ name, ...says(sightings.get(name), commit) }));
  const against = peers.find(({ side }) => side === 'back');
  if (against !== undefined) return { back: `${against.name} ${against.why}` };
  const open = peers.filter(({ side }) => side !== 'well');
  const late = open.filter(
    ({ name, side }) =>
      waitedMs >= (side === 'judging' ? LONGEST_MS : STRAGGLER_MS) || wasGone(sightings.get(name), asked),
  );
  const waiting = open.find((peer) => !late.includes(peer));
  if (waiting !== undefined) return { wait: `${waiting.name} ${waiting.why}` };
  const well = nodes.length - open.length;
  if (well * 2 > nodes.length) return { agreed: true };
  const why = late.map(({ name, why: what }) => `${name} ${what}`).join('; ');
  return { back: `only ${well} of ${nodes.length} control plane nodes are known to be well with it: ${why}` };
}

/** Nobody waited for it before, so nobody does now. */
const wasGone = (sighting: Sighting | undefined, { nowMs, unreachableMs }: JudgedAsked): boolean =>
  sighting !== undefined && sighting.silent !== null && nowMs - sighting.silent.sinceMs >= unreachableMs;

type Says = { readonly side: 'well' | 'judging' | 'back' | 'elsewhere'; readonly why: string };

function says(sighting: Sighting | undefined, commit: string): Says {
  const elsewhere = (why: string): Says => ({ side: 'elsewhere', why });
  if (sighting === undefined || sighting.status === null) return elsewhere('does not answer');
  const { status, silent } = sighting;
  const taken = status.takenBack.find((one) => one.commit === commit);
  if (taken !== undefined && status.commit !== commit)
    return { side: 'back', why: `took it back: ${taken.why}` };
  const isChanging = status.changing === commit;
  if (isChanging && (status.phase === 'rolling back' || status.phase === 'stuck'))
    return { side: 'back', why: 'is taking it back' };
  if (status.commit === commit || (status.staged?.commit === commit && status.staged.well === true))
    return { side: 'well', why: 'is well' };
  if (silent !== null) return elsewhere(`does not answer (${silent.why})`);
  if (isChanging) return { side: 'judging', why: 'is not done with it' };
  return elsewhere('has not moved');
}

export type JudgingTools = {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** The cluster as it is until all have agreed; `null`: nothing is in force. */
  readonly before: () => Promise<Cluster | null>;
};

/** This host says that it is well with it, and waits for what the others say. */
export function judgeTogether(fleet: Fleet, { clock, before }: JudgingTools): Together {
  return async ({ commit, atMs, me, cluster, stopping, progress }: Judging) => {
    const { unreachableMs } = cluster.rollout;
    const { nodes } = membersOf((await before()) ?? cluster, cluster);
    fleet.know(cluster, me);
    await fleet.saying.stage({ commit, atMs, well: true });
    const fromMs = clock.monotonicMs();
    for (;;) {
      const sightings = await fleet.look();
      const nowMs = clock.monotonicMs();
      const waitedMs = nowMs - fromMs;
      const answer = judged({ commit, me, nodes, sightings, nowMs, unreachableMs, waitedMs });
      if ('agreed' in answer) return null;
      if ('back' in answer) {
        // From now on nobody may count on this host.
        await fleet.saying.stage(null);
        return answer.back;
      }
      progress(`waiting for the other hosts: ${answer.wait}`);
      await fleet.sleep(BETWEEN_MS);
      if (stopping.aborted) throw new StoppedMeanwhile();
    }
  };
}
