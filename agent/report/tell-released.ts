import type { Status } from './status.ts';
import { capital, info, type Told } from './told.ts';

/** Said when it begins and when it ends. */
export function tellReleased(before: Status | null, now: Status): readonly Told[] {
  const [was, is] = [before?.outcome === 'released', now.outcome === 'released'];
  if (was === is) return [];
  if (is) return [info('released', capital(now.why ?? 'this host is released'), { outcome: 'released' })];
  return [info('release-ended', 'This host is managed again.', { outcome: now.outcome })];
}
