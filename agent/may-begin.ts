import { takeTurn } from './fleet/take-turn.ts';
import type { Before } from './health/health.ts';
import { insecureWarning } from './health/insecure.ts';
import { isInForce, type Plan } from './plan/change.ts';
import type { Held } from './report/status.ts';
import type { Found } from './source/source.ts';
import type { Tools } from './tools.ts';
import { unwellVip } from './transaction/holds.ts';
import type { Recovered } from './transaction/recover.ts';
import type { Moment } from './transaction/together.ts';

/** How this host was before, and when it begins; `null`: at once. */
export type Begun = { readonly health: Before | null; readonly moment: Moment | null };

/** All hosts at one moment, or this one when its turn has come; how it was before, and that it is well. */
export async function mayBegin(
  plan: Plan,
  found: Found,
  at: Recovered,
  tools: Tools,
): Promise<Begun | { readonly held: Held }> {
  const together = await inLockstep(plan, found, at, tools);
  if (together !== null) return together;
  const notNow = await takeTurn(plan, found, tools);
  if (notNow !== null) return { held: notNow };
  const health = (await tools.health?.look(plan)) ?? null;
  if (health !== null) warnOfInsecurity(health, tools);
  const held = await unwellVip(plan, health, found, at.ledger, tools);
  return held === null ? { health, moment: null } : { held };
}

/** Loaded where there is something in force that a commit could differ from, and somebody to agree with. */
async function inLockstep(
  plan: Plan,
  found: Found,
  at: Recovered,
  tools: Tools,
): Promise<Begun | { readonly held: Held } | null> {
  if (tools.fleet === null || isInForce(plan.of) || at.committed === null) return null;
  return (await import('./fleet/in-lockstep.ts')).inLockstep(plan, found, at, tools);
}

function warnOfInsecurity({ facts: { cluster } }: Before, { log }: Tools): void {
  const sentence = insecureWarning(cluster);
  if (sentence !== null) log.warn({ event: 'insecure', sentence });
}
