import type { Status } from '../report/status.ts';
import type { Ledger } from '../transaction/ledger.ts';
import type { Phase } from '../transaction/phase.ts';
import type { OwnView } from './view.ts';
import type { PeerStatus } from './peer-status.ts';

/** What this host knows of itself, from where it keeps it. */
export type SelfFacts = Pick<
  PeerStatus,
  'release' | 'hostname' | 'settledMs' | 'staged' | 'waiting' | 'paused' | 'nowMs' | 'lastSuccessMs'
> & {
  /** Of the last cycle that ended; `null`: none has. */
  readonly status: Status | null;
  readonly phase: Phase;
  readonly ledger: Pick<Ledger, 'generation' | 'quarantine'>;
  readonly view: OwnView;
};

/** What this host says of itself to its peers. Pure. */
export function peerStatusOf(facts: SelfFacts): PeerStatus {
  const { release, hostname, settledMs, staged, waiting, paused, nowMs, lastSuccessMs } = facts;
  const { status, phase, ledger, view } = facts;
  const underWay = underWayIn(phase);
  return {
    version: 1,
    release,
    hostname,
    role: status?.role ?? null,
    priority: status?.priority ?? null,
    head: status?.source.head ?? null,
    commit: status?.commit?.sha ?? null,
    generation: ledger.generation,
    ...underWay,
    outcome: status?.outcome ?? 'nothing known',
    // Whatever somebody has counted: while something is under way it is not settled.
    settledMs: underWay.phase === 'idle' ? settledMs : null,
    takenBack: ledger.quarantine.flatMap(({ commit, why }) =>
      commit === null ? [] : [{ commit: commit.sha, why }],
    ),
    ...view,
    staged,
    waiting,
    paused,
    nowMs,
    lastSuccessMs,
    driftAgoMs: driftAgoMs(status, nowMs),
  };
}

const PHASES = {
  applying: 'applying',
  verifying: 'verifying',
  rollingBack: 'rolling back',
  stuck: 'stuck',
} as const;

function underWayIn(phase: Phase): Pick<PeerStatus, 'phase' | 'changing'> {
  if (phase.phase === 'idle' || phase.phase === 'settling') return { phase: 'idle', changing: null };
  return { phase: PHASES[phase.phase], changing: phase.begin.commit?.sha ?? null };
}

function driftAgoMs(status: Status | null, nowMs: number): number | null {
  const last = status?.lastDrift ?? null;
  const isKept = last?.end === 'committed' || last?.end === 'degraded';
  return last !== null && isKept ? Math.max(0, nowMs - last.atMs) : null;
}
