import type { Before } from '../health/health.ts';
import type { Plan } from '../plan/change.ts';
import { formatFrom } from '../plan/format-plan.ts';
import type { Held } from '../report/status.ts';
import { utcSeconds } from '../report/times.ts';
import type { Found } from '../source/source.ts';
import { unwellVip } from '../transaction/holds.ts';
import type { Recovered } from '../transaction/recover.ts';
import type { Moment } from '../transaction/together.ts';
import { openAgreement } from './agreement.ts';
import { CalledOff } from './called-off.ts';
import type { Fleet } from './fleet.ts';
import { heldByLockstep, waitsUntil } from './held-by-lockstep.ts';
import { lift, whyStopped } from './keep-stopped.ts';
import { LastSeconds } from './last-seconds.ts';
import { lookBefore } from './look-before.ts';
import { lockstepOf, type Lockstep, type LockstepTools } from './lockstep-of.ts';
import { membersOf } from './lockstep-members.ts';
import { LAST_LOOK_MS, lockstep, type LockstepAnswer, type Staged } from './lockstep-step.ts';

/** `moment`: when it may begin; `null`: at once, for the others have it already. */
export type InLockstep =
  { readonly held: Held } | { readonly health: Before | null; readonly moment: Moment | null };

/** The last part of the wait is spent in the cycle: a repository that does not answer must not make a host late. */
export const STAY_MS = 75_000;
const BETWEEN_MS = 2_000;

/**
 * A commit that changes what all hosts must agree on is applied by all at one moment, or by none. `null`: it is none
 * of those, and takes its turn.
 */
export async function inLockstep(
  plan: Plan,
  found: Found,
  at: Recovered,
  tools: LockstepTools,
): Promise<InLockstep | null> {
  const { fleet } = tools;
  const inForce = at.committed?.commit?.sha;
  // Whatever is in force by now may have come from the other side, and is about to be followed by another one.
  const agreement = openAgreement(tools.state);
  if (inForce !== undefined && (await agreement.isKept())) await agreement.differing(inForce);
  const isDissenting = (await whyStopped(tools.runtime)) !== null;
  const of = await lockstepOf(plan, { committed: at.committed, blobs: tools.blobs, isDissenting });
  if (of === null || fleet === null) return null;
  // A person asks for an older generation: whether the others agree is looked at afterwards.
  if (found.again !== undefined) return lift(tools.runtime).then(() => null);
  // As it is: until then this host's own view is of the address that is there.
  fleet.know(of.before, of.me);
  if (of.inForce !== null && !of.isOwnSide) await agreement.differs(of.inForce, of.commit);
  return new Waiting({ plan, found, at, of, fleet }, tools).answer();
}

type Case = {
  readonly plan: Plan;
  readonly found: Found;
  readonly at: Recovered;
  readonly of: Lockstep;
  readonly fleet: Fleet;
};

class Waiting {
  readonly #case: Case;
  readonly #tools: LockstepTools;
  readonly #atMs: number;
  /**
   * The moment as the last question had it, in monotonic milliseconds: the wall clock may be set in the seconds that are
   * left, and the others have agreed to what it said then.
   */
  #dueMs = 0;
  constructor(one: Case, tools: LockstepTools) {
    this.#case = one;
    this.#tools = tools;
    this.#atMs = one.of.atMs ?? 0;
  }

  async answer(): Promise<InLockstep> {
    const { of, fleet } = this.#case;
    for (;;) {
      const answer = await this.#ask();
      if ('join' in answer) return this.#join(answer.why);
      if ('apply' in answer) return this.#ready(answer.warnings);
      if ('refuse' in answer) return { held: await this.#stepBack(answer) };
      // A worker says so as well, although it has no part in VRRP and nobody waits for it.
      await fleet.saying.stage({ commit: of.commit, atMs: this.#atMs });
      const leftMs = this.#atMs - this.#tools.clock.now();
      if (leftMs > STAY_MS) return { held: await this.#wait(answer) };
      this.#tools.progress(`waiting until ${utcSeconds(this.#atMs)}, when all hosts change: ${answer.why}`);
      await fleet.sleep(Math.max(200, Math.min(BETWEEN_MS, leftMs - LAST_LOOK_MS)));
    }
  }

  async #ask(): Promise<LockstepAnswer> {
    const { of, fleet } = this.#case;
    const { clock } = this.#tools;
    // As it was when they were asked: a host that is off takes two seconds not to answer, and the moment may come in them.
    const [wallMs, nowMs] = [clock.now(), clock.monotonicMs()];
    this.#dueMs = nowMs + this.#atMs - wallMs;
    const sightings = await fleet.look();
    return lockstep({
      ...of,
      ...membersOf(of.before, of.cluster),
      sightings,
      wallMs,
      nowMs,
      unreachableMs: of.cluster.rollout.unreachableMs,
    });
  }

  /** Everything is looked at before, so that nothing but the change is left for the moment. */
  async #ready(warnings: readonly string[]): Promise<InLockstep> {
    const { plan, found, at, of, fleet } = this.#case;
    const { log, health } = this.#tools;
    for (const sentence of warnings) log.warn({ event: 'lockstep', sentence });
    const looked = lookBefore(plan, of.before, health);
    if (!(await this.#lastSeconds().isInTime(looked))) {
      // Said before the others ask for the last time. What goes on looking must not look beside the next cycle.
      await fleet.saying.stage(null);
      await looked;
      const why =
        'it took too long to see how this host is, so no host moves: commit a later rollout.at to try it again';
      return { held: await this.#held(why, null, this.#atMs + 1_000) };
    }
    const before = await looked;
    const unwell = await unwellVip(plan, before, found, at.ledger, this.#tools);
    if (unwell !== null) {
      await fleet.saying.stage(null);
      return { held: unwell };
    }
    const when = `at ${utcSeconds(this.#atMs)}, together with all others`;
    const sentence = `${formatFrom(plan.of.from)} changes ${of.changed.join(', ')} ${when}.`;
    log.info({ event: 'lockstep', sentence, commit: of.commit });
    return { health: before, moment: { atMs: this.#atMs, come: () => this.#come() } };
  }

  async #come(): Promise<void> {
    const { of, fleet } = this.#case;
    const sure = await this.#lastSeconds().come(() => this.#ask());
    if (!('apply' in sure)) throw new CalledOff(await this.#stepBack(sure));
    await this.#lastSeconds().go();
    await lift(this.#tools.runtime);
    // From now on this host's view is of the address that is to be: others are judged by what it sees.
    fleet.know(of.cluster, of.me);
  }

  #lastSeconds(): LastSeconds {
    return new LastSeconds(this.#dueMs, { clock: this.#tools.clock, sleep: this.#case.fleet.sleep });
  }

  async #join(why: string): Promise<InLockstep> {
    const { plan, of, fleet } = this.#case;
    const { log, health, runtime } = this.#tools;
    const sentence = `${formatFrom(plan.of.from)} changes ${of.changed.join(', ')}, and is applied at once: ${why}.`;
    log.info({ event: 'lockstep', sentence, commit: of.commit });
    // Said first: the daemon's own looks would stop keepalived again until this host has changed.
    await fleet.saying.stage({ commit: of.commit, atMs: this.#atMs });
    const before = (await health?.look(plan)) ?? null;
    await lift(runtime);
    return { health: before, moment: null };
  }

  /** Says that it is not ready any more, so that nobody moves without it. */
  async #stepBack(answer: LockstepAnswer): Promise<Held> {
    await this.#case.fleet.saying.stage(null);
    const over = this.#atMs + 1_000;
    if ('refuse' in answer) return this.#held(answer.refuse, answer.by, over);
    return this.#held('why' in answer ? answer.why : 'the moment has gone by', null, over);
  }

  #wait({ why, for: by }: Staged): Promise<Held> {
    const { of } = this.#case;
    return this.#held(waitsUntil(this.#atMs, of.changed, why), by, this.#atMs - STAY_MS);
  }

  #held(why: string, by: string | null, againMs: number): Promise<Held> {
    const { plan, found } = this.#case;
    return heldByLockstep({ plan, head: found.head, why, by, againMs }, this.#tools);
  }
}
