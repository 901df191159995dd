import type { Clock, FileReader, Identity } from '../host/host.ts';
import type { Candidate } from '../desired/candidate.ts';
import type { Role } from '../desired/role.ts';
import type { Choice } from '../plan/choose.ts';
import { isInForce } from '../plan/change.ts';
import { formatFrom } from '../plan/format-plan.ts';
import type { Kinds } from '../resources/kind.ts';
import type { Found } from '../source/source.ts';
import type { Recovered } from '../transaction/recover.ts';
import { noticesOf } from './notices-of.ts';
import { noDesiredState, outcomeOf, troubled } from './outcome-of.ts';
import { sameNews } from './same-news.ts';
import type { Commit, Held, LastChange, Paused, Status } from './status.ts';
import { isSamePause } from './tell-pause.ts';

export type Ended = Recovered & {
  readonly found: Found;
  readonly mode: 'apply' | 'dry run';
  readonly choice: Choice;
  /** The transactions that ended in this cycle, also those that recovery finished; oldest first. */
  readonly done: readonly LastChange[];
  readonly held: Held | null;
  readonly paused: Paused | null;
  readonly stuck: LastChange | null;
};

export type Describing = {
  readonly release: string;
  readonly kinds: Kinds;
  readonly host: { readonly files: FileReader };
  /** Asked anew each time: addresses come and go. */
  readonly identity: () => Identity;
  readonly clock: Clock;
  /** What the lints have to say of this host as it stands. */
  readonly standing?: (of: Candidate) => Promise<readonly string[]>;
};

/** The whole picture at the end of a cycle. */
export async function statusOf(ended: Ended, before: Status | null, tools: Describing): Promise<Status> {
  const { found, ledger, choice, done, held, paused } = ended;
  const stuck = stuckAsTold(ended.stuck, before);
  const role = roleOf(ended);
  const cluster = clusterOf(ended);
  const { outcome, why } = outcomeOf(ended);
  const nowMs = tools.clock.now();
  const { hostname, addresses } = tools.identity();
  return {
    version: 1,
    release: tools.release,
    atMs: nowMs,
    hostname,
    role: role?.role ?? null,
    priority: role?.priority ?? null,
    address: role?.address ?? null,
    vip: cluster?.vip ?? null,
    vipHeld: cluster === null ? null : [...addresses.values()].flat().includes(cluster.vip),
    outcome,
    why,
    commit: commitInForce(ended),
    generation: ledger.generation,
    resources: ledger.inventory.size,
    managed: [...ledger.inventory.keys()].sort(),
    source: {
      ok: found.ok,
      why: found.why,
      head: found.head?.sha ?? null,
      sinceMs: before !== null && before.source.ok === found.ok ? before.source.sinceMs : nowMs,
    },
    refused: choice.refused && {
      of: formatFrom(choice.refused.from),
      commit: 'commit' in choice.refused.from && 'author' in choice.refused.from ? found.head : null,
      reasons: choice.refused.reasons,
    },
    waiting: choice.plan?.waiting ?? [],
    cannot: choice.plan?.refused ?? [],
    notices: await noticesOf(ended, before, tools),
    held,
    paused,
    pauseSaidMs: pauseSaidMs(paused, before, nowMs),
    stuck,
    lastChange: stuck ?? troubled(done) ?? done.at(-1) ?? before?.lastChange ?? null,
    lastDrift:
      done.findLast(({ changes }) => changes.some((c) => c.why === 'drift')) ?? before?.lastDrift ?? null,
    acceptedByHand: ledger.acceptedByHand,
  };
}

const isCandidate = (newest: Found['newest']): newest is Candidate =>
  newest !== null && typeof newest === 'object' && 'resources' in newest;

/** Of what is enforced; where nothing is, of what was asked. */
function roleOf(ended: Ended): Role | null {
  if (noDesiredState(ended) !== null) return null;
  if (ended.choice.plan !== null) return ended.choice.plan.of.role;
  return isCandidate(ended.found.newest)
    ? ended.found.newest.role
    : (ended.committed?.candidate.role ?? null);
}

function clusterOf(ended: Ended): { readonly vip: string } | null {
  const from =
    ended.choice.plan?.of ??
    (isCandidate(ended.found.newest) ? ended.found.newest : ended.committed?.candidate);
  return (from?.cluster as { readonly vip: string } | undefined) ?? null;
}

function commitInForce({
  choice: { plan },
  done,
  held,
  paused,
  stuck,
  found,
  committed,
}: Ended): Commit | null {
  const isFree = held === null && paused === null && stuck === null;
  const isNew = plan !== null && !isInForce(plan.of);
  // What recovery took back may have been of another commit.
  const isKept = isNew && done.findLast(({ of }) => of === formatFrom(plan.of.from))?.end !== 'rolled back';
  return isFree && isKept ? found.head : (committed?.commit ?? null);
}

/** One that is as it was is not news that wears the card out, although it takes longer and longer. */
function stuckAsTold(stuck: LastChange | null, before: Status | null): LastChange | null {
  const told = before?.stuck ?? null;
  return told !== null && told.tx === stuck?.tx && sameNews(told.note ?? '', stuck.note ?? '') ? told : stuck;
}

const A_DAY_MS = 86_400_000;

/** A pause is said when it begins, and again every day; a clock that was set back does not make it silent. */
function pauseSaidMs(paused: Paused | null, before: Status | null, nowMs: number): number | null {
  if (paused === null) return null;
  const saidMs = before !== null && isSamePause(before.paused, paused) ? before.pauseSaidMs : null;
  return saidMs !== null && saidMs <= nowMs && nowMs - saidMs < A_DAY_MS ? saidMs : nowMs;
}
