import type { Host } from '../host/host.ts';
import { kindOf, parts, type Id, type Kinds } from '../resources/kind.ts';
import { stepName, type Change, type Step } from '../plan/change.ts';

/** A step that did not work. What was done before it stays done until somebody takes it back. */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
  readonly step: Step;
  constructor(step: Step, cause: unknown) {
    super(`${stepName(step)}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.step = step;
  }
}

/** A start or a stop of a daemon may take its time (TimeoutStartSec= is 90 s); a minute more, so that systemd says why. */
const UNIT_LIMIT_MS = 150_000;

export async function runSteps(
  steps: readonly Step[],
  kinds: Kinds,
  host: Host,
  announce: (step: Step, n: number) => Promise<void>,
): Promise<void> {
  for (const [n, step] of steps.entries()) {
    await announce(step, n);
    try {
      await runStep(step, kinds, host);
    } catch (cause) {
      throw new StepFailed(step, cause);
    }
  }
}

/**
 * The same, but a step that fails holds back only what builds on it: a unit that cannot start must not keep HAProxy
 * from being started. Throws `StepsFailed` in the end.
 */
export async function runWhatCanBe(
  { steps, changes }: { readonly steps: readonly Step[]; readonly changes: readonly Change[] },
  kinds: Kinds,
  host: Host,
  announce: (step: Step, n: number) => Promise<void>,
): Promise<void> {
  const failed = new Set<Id>();
  const failures: StepFailed[] = [];
  const undone: Step[] = [];
  for (const [n, step] of steps.entries()) {
    const isHeldBack = buildsOn(step, failed, changes);
    if (!isHeldBack) {
      await announce(step, n);
      const failure = await failureOf(step, kinds, host);
      if (failure === null) continue;
      failures.push(failure);
    }
    undone.push(step);
    if (step.do === 'enforce') failed.add(step.id);
  }
  if (failures.length > 0) throw new StepsFailed(failures, undone);
}

const failureOf = (step: Step, kinds: Kinds, host: Host): Promise<StepFailed | null> =>
  runStep(step, kinds, host).then(
    () => null,
    (cause: unknown) => new StepFailed(step, cause),
  );

/**
 * A change of something that requires what failed, or the refresh of a unit whose new file is not there. And what
 * brought a unit that could not be stopped and disabled: without its file nobody could do it any more.
 */
function buildsOn(step: Step, failed: ReadonlySet<Id>, changes: readonly Change[]): boolean {
  if (failed.size === 0 || step.do === 'daemon-reload') return false;
  if (step.do === 'enforce')
    return changes.some(
      ({ id, requires, to }) =>
        (id === step.id && requires.some((required) => failed.has(required))) ||
        (to === null && failed.has(id) && requires.includes(step.id)),
    );
  return changes.some(({ id, notify }) => failed.has(id) && notify.some(({ unit }) => unit === step.unit));
}

/** What failed, each with what was seen; `steps` are also those that were held back because of it. */
export class StepsFailed extends Error {
  override readonly name = 'StepsFailed';
  readonly steps: readonly Step[];
  constructor(failures: readonly StepFailed[], steps: readonly Step[]) {
    super(failures.map(({ message }) => message).join('; and '));
    this.steps = steps;
  }
}

async function runStep(step: Step, kinds: Kinds, host: Host): Promise<void> {
  if (step.do === 'enforce') return kindOf(step.id, kinds).enforce(parts(step.id)[1], step.to, host);
  if (host.live === null) return;
  const argv =
    step.do === 'daemon-reload'
      ? ['systemctl', 'daemon-reload']
      : ['systemctl', step.action, '--', step.unit];
  await host.live.run(argv, { timeoutMs: UNIT_LIMIT_MS });
}
