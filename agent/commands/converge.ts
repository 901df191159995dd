import { converge } from '../converge.ts';
import { outcomeLine } from '../report/outcome-line.ts';
import type { Status } from '../report/status.ts';
import { endRelease } from '../transaction/released.ts';
import { EXIT, type CommonOptions, type Environment } from './environment.ts';
import { openConfig } from './open-config.ts';
import { openTools } from './open-tools.ts';
import { placesUnder } from './places.ts';
import { printPlan } from './plan.ts';
import { withLock } from './with-lock.ts';

export type ConvergeOptions = CommonOptions & { readonly dryRun?: boolean; readonly from?: string };

/** `holdfast converge`: one cycle now. */
export async function convergeCommand(options: ConvergeOptions, environment: Environment): Promise<number> {
  const places = placesUnder(options.root, options.config);
  const config = openConfig(places.config, environment, options.from !== undefined);
  const mode = options.dryRun === true ? 'dry run' : 'apply';
  const tools = await openTools({ options, places, config }, environment);
  const cycle = await withLock(places.lock, 'holdfast converge', environment, async () => {
    // Whoever types it wants this host managed; the daemon does not decide that.
    if (mode === 'apply') await endRelease(tools.state);
    return converge(tools, mode);
  });
  if (mode === 'dry run') return printPlan(cycle, tools, options, environment);
  if (options.json === true) environment.out(`${JSON.stringify(cycle.status)}\n`);
  else environment.out(`${endOf(cycle.status)}\n`);
  return exitCodeOf(cycle.status);
}

/** How a cycle ended, for whoever asked for it. */
export function endOf(status: Status): string {
  const { outcome, why, waiting } = status;
  const held = waiting.length === 0 ? '' : ` (${waiting.length} waiting; "holdfast status" names what)`;
  return why === null
    ? `This host is ${outcome === 'changed' ? 'changed, and now in desired state' : outcome}${held}.`
    : outcomeLine(status);
}

export function exitCodeOf({ outcome }: Status): number {
  switch (outcome) {
    case 'in desired state':
    case 'changed':
    // What is unwell was so before, and the change is in force.
    case 'degraded':
      return EXIT.ok;
    case 'refused':
      return EXIT.refused;
    case 'no desired state':
      return EXIT.noDesiredState;
    case 'held':
    case 'paused':
    case 'released':
      return EXIT.held;
    case 'rolled back':
    case 'stuck':
    case 'failed':
    case 'nothing known':
      return EXIT.failed;
  }
}
