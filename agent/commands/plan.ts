import { converge, type Cycle, type Tools } from '../converge.ts';
import { describeChanges, formatFrom, formatPlan } from '../plan/format-plan.ts';
import { stepName } from '../plan/change.ts';
import { heldWhy, pauseNext, sayPaused } from '../report/told-end.ts';
import { capital } from '../report/told.ts';
import { EXIT, type CommonOptions, type Environment } from './environment.ts';
import { openConfig } from './open-config.ts';
import { openTools } from './open-tools.ts';
import { paintFor } from './paint.ts';
import { placesUnder } from './places.ts';
import { withLock } from './with-lock.ts';

export type PlanOptions = CommonOptions & { readonly from?: string };

/** `holdfast plan`: what the next cycle would change. Writes nothing but our copy of the repository. */
export async function planCommand(options: PlanOptions, environment: Environment): Promise<number> {
  const places = placesUnder(options.root, options.config);
  const config = openConfig(places.config, environment, options.from !== undefined);
  const tools = await openTools({ options, places, config }, environment);
  return withLock(places.lock, 'holdfast plan', environment, async () =>
    printPlan(await converge(tools, 'dry run'), tools, options, environment),
  );
}

/** Exit 0: nothing to do; 2: there are changes; 3: the newest commit is refused. */
export function printPlan(
  cycle: Cycle,
  tools: Tools,
  { json }: CommonOptions,
  { out, err, colour }: Environment,
): number {
  const { plan, refused } = cycle.choice;
  if (json === true) {
    out(`${JSON.stringify(asJson(cycle, tools), null, 2)}\n`);
  } else {
    for (const sentence of saidInstead(cycle)) err(`${sentence}\n`);
    if (plan !== null) out(formatPlan(plan, described(cycle, tools), paintFor(colour)));
  }
  if (refused !== null) return EXIT.refused;
  if (plan === null) return cycle.status.outcome === 'no desired state' ? EXIT.noDesiredState : EXIT.failed;
  if (plan.steps.length > 0) return EXIT.changes;
  return plan.refused.length === 0 ? EXIT.ok : EXIT.failed;
}

/** Why this is not, or not yet, the plan of the newest commit: each reason once. */
export function saidInstead({ status, choice: { plan, refused } }: Cycle): readonly string[] {
  const said = new Set<string>();
  if (status.paused !== null) said.add(`${sayPaused(status.paused)} ${pauseNext(status.paused)}`);
  if (status.held !== null) said.add(`${capital(status.held.of)} is held: ${heldWhy(status.held)}`);
  if (!status.source.ok && status.source.why !== null) said.add(status.source.why);
  if (refused !== null)
    said.add(`${capital(formatFrom(refused.from))} is refused:\n${refused.reasons.join('\n')}`);
  if (plan !== null) return [...said];
  said.add(
    refused === null ? (status.why ?? 'There is nothing to enforce yet.') : 'Nothing is in force yet.',
  );
  return [...said];
}

const described = ({ choice }: Cycle, { kinds, blobs }: Tools) =>
  choice.plan === null ? [] : describeChanges(choice.plan, kinds, (blob) => blobs.text(blob));

function asJson(cycle: Cycle, tools: Tools): unknown {
  const { plan, refused } = cycle.choice;
  return {
    hostname: cycle.status.hostname,
    role: cycle.status.role,
    priority: cycle.status.priority,
    of: plan === null ? null : formatFrom(plan.of.from),
    why: cycle.status.why,
    paused: cycle.status.paused,
    held: cycle.status.held,
    source: cycle.status.source,
    changes: described(cycle, tools),
    afterwards: plan?.steps.filter((step) => step.do !== 'enforce').map(stepName) ?? [],
    packagesFirst: plan?.packagesFirst ?? false,
    waiting: plan?.waiting ?? [],
    cannot: plan?.refused ?? [],
    refused: refused === null ? null : { of: formatFrom(refused.from), reasons: refused.reasons },
  };
}
