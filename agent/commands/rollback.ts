import { converge, type Tools } from '../converge.ts';
import { shortSha } from '../plan/format-plan.ts';
import { sourceFromGeneration } from '../source/from-generation.ts';
import type { Generation } from '../transaction/generations.ts';
import { readLedger } from '../transaction/ledger.ts';
import { readPause } from '../transaction/pause.ts';
import { refusePaused, refuseUnderWay } from './before-by-hand.ts';
import { endOf, exitCodeOf } from './converge.ts';
import { EXIT, type CommonOptions, type Environment } from './environment.ts';
import { openConfig } from './open-config.ts';
import { openTools } from './open-tools.ts';
import { placesUnder } from './places.ts';
import { printPlan } from './plan.ts';
import { refuseAnotherHosts } from './refuse-another-hosts.ts';
import { wantedGeneration } from './wanted-generation.ts';
import { withLock } from './with-lock.ts';

const OTHER_GENERATION = 'Name another generation, or give this host that name and address.';

export type RollbackOptions = CommonOptions & { readonly dryRun?: boolean; readonly whilePaused?: boolean };

/**
 * `holdfast rollback [GENERATION]`: an older desired state comes back the ordinary way, checked and taken back like
 * any change, as a new generation. It stays until there is a newer commit than the newest one that was followed.
 */
export async function rollbackCommand(
  name: string | undefined,
  options: RollbackOptions,
  environment: Environment,
): Promise<number> {
  const { machine } = environment;
  const places = placesUnder(options.root, options.config);
  const config = openConfig(places.config, environment, true);
  const state = machine.openStateDirectory(places.state);
  return withLock(places.lock, 'holdfast rollback', environment, async () => {
    await refuseUnderWay(state);
    const nowMs = machine.clock.now();
    const paused = await readPause(state, nowMs);
    const wanted = await wantedGeneration(name, state, await readLedger(state), nowMs);
    const source = sourceFromGeneration(wanted, () => machine.clock.now());
    const tools = await openTools({ options, places, config, source }, environment);
    refuseAnotherHosts(wanted, OTHER_GENERATION, tools, options);
    const seen = await converge(tools, 'dry run');
    if (options.dryRun === true) return printPlan(seen, tools, options, environment);
    refusePaused(paused, options.whilePaused === true, 'roll back');
    // Whoever watches sees first what will happen. What is refused must not put drift right in its place.
    const { refused } = seen.choice;
    if (refused !== null || (environment.watched && options.json !== true))
      printPlan(seen, tools, options, environment);
    if (refused !== null) return EXIT.refused;
    tools.blobs.forget();
    return bringBack(wanted, tools, options, environment);
  });
}

async function bringBack(
  wanted: Generation,
  tools: Tools,
  { json }: RollbackOptions,
  { out }: Environment,
): Promise<number> {
  const before = await readLedger(tools.state);
  const { status } = await converge(tools);
  const { generation, pinned } = await readLedger(tools.state);
  const restored = pinned?.restored === wanted.generation && status.generation === generation;
  if (json === true) out(`${JSON.stringify(status)}\n`);
  else
    out(
      `${restored ? `${restoredSentence(wanted, generation, pinned.head, before.generation)}\n` : ''}${endOf(status)}\n`,
    );
  return exitCodeOf(status);
}

function restoredSentence(
  { generation, commit }: Generation,
  now: number,
  head: string | null,
  before: number,
): string {
  const what = commit === null ? '' : ` (commit ${shortSha(commit.sha)} "${commit.subject}")`;
  const until =
    head === null
      ? ''
      : ` It stays until there is a commit newer than ${shortSha(head)} in the state repository.`;
  return `Generation ${generation}${what} is in force again, as generation ${now}.${until} To go forward again: holdfast rollback ${before}`;
}
