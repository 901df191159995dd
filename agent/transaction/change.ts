import type { Before } from '../health/health.ts';
import type { Plan } from '../plan/change.ts';
import type { Commit, LastChange } from '../report/status.ts';
import type { Id } from '../resources/kind.ts';
import { apiServerFirst } from './api-server-first.ts';
import { apply, NotAsPlanned } from './apply.ts';
import { begin } from './begin.ts';
import { prepareCommit, type Committing } from './commit.ts';
import { conclude } from './conclude.ts';
import { leaving } from './hand-over.ts';
import { openJournal, type Journal } from './journal.ts';
import type { Ledger, Pinned } from './ledger.ts';
import type { Recovered } from './recover.ts';
import { StepFailed } from './run-steps.ts';
import { takeBack } from './take-back.ts';
import type { Moment } from './together.ts';
import type { Transacting } from './transacting.ts';
import { beginVerifying } from './verify.ts';

export type Changing = Transacting & Committing;

export type Asked = {
  readonly plan: Plan;
  /** The commit that a new candidate is of. */
  readonly head: Commit | null;
  /** How this host was, sampled before; `null` where nothing answers. */
  readonly health: Before | null;
  /** What holds newer commits back from then on: only after `holdfast rollback`. */
  readonly pinned: Pinned | null;
  /** Of a change that all hosts make at once; left out or `null`: now. */
  readonly moment?: Moment | null;
};

export type Changed = {
  readonly ledger: Ledger;
  readonly done: LastChange;
  /** Whose fault it was, where that is known: the rest can be tried without them. */
  readonly blame: readonly Id[];
};

/**
 * Carries a plan out, sees whether the host is well with it, and makes its candidate the generation in force; or
 * takes it back.
 *
 * INVARIANTS
 *  - Before the first effect everything that going back needs is on disk, and loaded: an upgrade of the program in
 *    between must not break a rollback.
 *  - The generation changes only after everything was observed to be as planned, and seen to be well.
 */
export async function change(
  { plan, head, health, pinned, moment = null }: Asked,
  before: Pick<Recovered, 'ledger' | 'committed'>,
  tools: Changing,
): Promise<Changed> {
  const prepared = await prepareCommit(plan, head, before, tools);
  await tools.host.live?.ready();
  const journal = await openJournal(tools.state);
  await moment?.come();
  await begin({ plan, ledger: before.ledger, ...prepared, health, pinned, moment }, journal, tools);
  const blame = await carryOut(plan, health, journal, tools);
  return { ...(await conclude(journal, tools)), blame };
}

/** Whom to blame if it failed: then the way back is announced. */
async function carryOut(
  plan: Plan,
  health: Before | null,
  journal: Journal,
  tools: Changing,
): Promise<readonly Id[]> {
  const handOver = leaving(health?.facts ?? null, tools.handOver);
  const apiServer = apiServerFirst(health, tools);
  try {
    await apply(plan, tools.kinds, tools.host, async (step, n) => {
      // Not yet announced: what this waits for in vain has nothing to take back.
      await apiServer.before(step);
      await journal.append({ t: 'step', n });
      tools.announce(step);
      await handOver.before(step);
    });
  } catch (cause) {
    const where = cause instanceof NotAsPlanned ? 'observed' : 'step';
    const seen = cause instanceof Error ? cause.message : String(cause);
    // systemd starts nothing while the host goes down, and that says nothing about the change.
    await takeBack({ where, seen }, isToBeQuarantined(plan) && !tools.stopping.aborted, journal, tools);
    return blameFor(cause, plan);
  }
  await beginVerifying(journal, tools);
  return [];
}

/** A mirror that is down says nothing about the commit. */
const isToBeQuarantined = ({ packagesFirst }: Plan): boolean => !packagesFirst;

function blameFor(cause: unknown, { changes }: Plan): readonly Id[] {
  if (cause instanceof NotAsPlanned) return cause.ids;
  if (!(cause instanceof StepFailed)) return [];
  const { step } = cause;
  if (step.do === 'enforce') return [step.id];
  const unit = step.do === 'refresh' ? step.unit : 'daemon-reload';
  return changes.filter(({ notify }) => notify.some((one) => one.unit === unit)).map(({ id }) => id);
}
