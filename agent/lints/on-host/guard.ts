import type { Cluster } from '../../desired/cluster.ts';
import type { LintProbes } from '../../host/lint-probes.ts';
import { type NotNow, type Plan } from '../../plan/change.ts';
import { HOST_LINTS } from './index.ts';
import { intentOf } from './intent.ts';
import type { AnyHostLint, At, Intent, Verdict } from './lint.ts';

export type Guarding = {
  readonly probes: LintProbes;
  readonly remoteHost: string | null;
  readonly clock: { now(): number; monotonicMs(): number };
  /** Says a sentence that nothing hangs on; the same one only once. */
  readonly sayOnce: (sentence: string) => void;
  /** Answers that took seconds. */
  readonly memory: Memory;
};
export type Memory = Map<string, { readonly atMs: number; readonly judge: (at: At) => readonly Verdict[] }>;

/** A plan that waits for its turn is looked at in every cycle; two hosts may be at it for long. */
const LASTS_MS = 120_000;

/** The lints of the host as a guard of preflight. What is in force is not refused what it did before. */
export function hostLintGuard(tools: Guarding) {
  return async (plan: Plan): Promise<readonly NotNow[]> => {
    // A Cluster all along, plain data on its way through generations.
    const cluster = plan.of.cluster as unknown as Cluster;
    const intent = await intentOf(plan, cluster, tools.probes.files);
    if (!isAnything(intent)) return [];
    const at: At = {
      cluster,
      role: plan.of.role,
      nowMs: tools.clock.now(),
      remoteHost: tools.remoteHost,
      intent,
    };
    const lints = HOST_LINTS.filter((lint) => lint.concerns(at));
    const verdicts = (await Promise.all(lints.map((lint) => verdictsOf(lint, at, tools)))).flat();
    for (const verdict of verdicts) if ('notice' in verdict) tools.sayOnce(verdict.notice);
    return verdicts.flatMap((one) => ('refuses' in one ? [notNow(one, plan)] : []));
  };
}

function notNow({ refuses: id, why, of }: Refusal, { of: { terms } }: Plan): NotNow {
  const at = of === undefined ? undefined : terms?.[of];
  return at === undefined ? { id, why } : { id, why, at };
}
type Refusal = Extract<Verdict, { readonly refuses: unknown }>;

const isAnything = (intent: Intent): boolean => Object.values(intent).some((what) => what !== null);

/** Whatever cannot be looked at is said, and stops nothing: it would stop the fix as well. */
async function verdictsOf(lint: AnyHostLint, at: At, tools: Guarding): Promise<readonly Verdict[]> {
  try {
    return (await looked(lint, at, tools))(at);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    return [{ notice: `It could not be seen ${lint.about}: ${why}` }];
  }
}

async function looked(lint: AnyHostLint, at: At, { probes, clock, memory }: Guarding) {
  if (lint.lasting === undefined) return lint.look(probes, at);
  const key = `${lint.about} ${lint.lasting(at)}`;
  const known = memory.get(key);
  if (known !== undefined && clock.monotonicMs() - known.atMs < LASTS_MS) return known.judge;
  const judge = await lint.look(probes, at);
  memory.set(key, { atMs: clock.monotonicMs(), judge });
  return judge;
}
