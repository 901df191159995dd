import type { Host } from '../host/host.ts';
import { kindOf, parts, type Kinds } from '../resources/kind.ts';
import { stepName, type Step } from '../plan/change.ts';

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

async function runStep(step: Step, kinds: Kinds, host: Host): Promise<void> {
  if (step.do === 'enforce') return kindOf(step.id, kinds).enforce(parts(step.id)[1], step.to, host);
  if (host.live === null) return;
  const argv =
    step.do === 'daemon-reload'
      ? ['systemctl', 'daemon-reload']
      : ['systemctl', step.action, '--', step.unit];
  await host.live.run(argv, { timeoutMs: UNIT_LIMIT_MS });
}
