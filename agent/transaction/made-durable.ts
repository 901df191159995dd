import type { Host } from '../host/host.ts';
import type { Step } from '../plan/change.ts';
import { parts } from '../resources/kind.ts';

/** A card of a Pi that has much to write takes its time. */
const LIMIT_MS = 120_000;

/**
 * What other programs wrote for us (systemctl's links, ufw's files, a package) is on disk before the journal says that
 * it is done: none of them syncs. What we write ourselves is synced when it is written.
 */
export async function madeDurable(steps: readonly Step[], { live }: Host): Promise<void> {
  if (live === null || !steps.some(isWrittenByOthers)) return;
  await live.run(['sync', '--file-system', '/etc'], { timeoutMs: LIMIT_MS });
}

const isWrittenByOthers = (step: Step): boolean =>
  step.do === 'enforce' && ['unit', 'ufw', 'package'].includes(parts(step.id)[0]);
