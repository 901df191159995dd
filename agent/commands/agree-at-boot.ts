import type { Tools } from '../converge.ts';
import { agree } from '../fleet/agree.ts';
import { Followed } from '../fleet/followed.ts';
import { journalOrDamage } from '../transaction/journal.ts';
import { JournalDamaged } from '../transaction/phase.ts';
import { EXIT, type CommonOptions, type Environment } from './environment.ts';
import { openConfig } from './open-config.ts';
import { openTools } from './open-tools.ts';
import { placesUnder } from './places.ts';
import { withLock } from './with-lock.ts';

/** holdfast-agree.service is given 90 s, and keepalived starts when it has ended, however it ends. */
const LIMIT_MS = 70_000;

/** `holdfast recover --boot --agree`, called before keepalived starts. */
export async function agreeAtBoot(options: CommonOptions, environment: Environment): Promise<number> {
  const { machine } = environment;
  const places = placesUnder(undefined, options.config);
  const config = openConfig(places.config, environment, false);
  return withLock(places.lock, 'holdfast recover', environment, async () => {
    const tools = await openTools({ options, places, config }, environment);
    const { fleet, state, identity, clock } = tools;
    if (fleet === null || (await isBeingJudged(tools))) return EXIT.ok;
    // keepalived does not run yet, so there is nothing to stop.
    const agreeing = { ...tools, fleet, live: null, hostname: () => identity().hostname };
    const isLongAway = (): Promise<boolean> => new Followed(state).isLongAgo(clock.now());
    await agree(agreeing, { limitMs: LIMIT_MS, sleep: (ms) => machine.sleep(ms), isLongAway });
    return EXIT.ok;
  });
}

/** The disk has a change already that the ledger has not: the agent judges it, and that takes a keepalived. */
async function isBeingJudged({ state }: Tools): Promise<boolean> {
  const journal = await journalOrDamage(state);
  return (
    !(journal instanceof JournalDamaged) &&
    (journal.phase.phase === 'verifying' || journal.phase.phase === 'settling')
  );
}
