import { conclude, settle, type Concluded } from './conclude.ts';
import { interrupted } from './interrupted.ts';
import type { Journal } from './journal.ts';
import { readLedger } from './ledger.ts';
import type { Deadline, Phase } from './phase.ts';
import { goBack } from './rollback.ts';
import { lastChangeOf } from './settle.ts';
import type { Transacting } from './transacting.ts';
import { resumeVerifying } from './verify.ts';

/** A transaction that an earlier run of the agent left open is taken up where the journal says that it was. */
export async function takeUp(journal: Journal, tools: Transacting): Promise<Concluded> {
  await tools.host.live?.ready();
  const { phase } = journal;
  refuseAtRest(phase, tools);
  if (phase.phase === 'settling') return settle(phase, journal, tools);
  if (phase.phase === 'stuck' && (await isNotDueYet(phase.again, tools)))
    return { ledger: await readLedger(tools.state), done: lastChangeOf(phase, tools.clock.now()) };
  if (phase.phase === 'applying') await interrupted(phase.begin, journal, tools);
  if (phase.phase === 'verifying') await resumeVerifying(journal, tools);
  return conclude(journal, tools, phase.phase === 'rollingBack' ? 'again' : 'the first');
}

/** Kept without a verdict, or taken back without its units: an image at rest can do neither rightly. */
function refuseAtRest(phase: Phase, { host }: Transacting): void {
  if (host.live !== null || phase.phase === 'idle' || phase.phase === 'settling') return;
  if (phase.begin.health === null) return;
  throw new Error(
    `A change (${phase.begin.of}) was under way on this host when it went down, and only the running host can bring it to its end: nothing was done. Let it boot once with its agent, then try again.`,
  );
}

/** While the host boots: what the daemons will read. The transaction stays open for the agent. */
export async function goBackAtBoot(journal: Journal, tools: Transacting): Promise<void> {
  await tools.host.live?.ready();
  if (journal.phase.phase === 'applying') await interrupted(journal.phase.begin, journal, tools, 'at boot');
  const { phase } = journal;
  if (phase.phase === 'rollingBack' || phase.phase === 'stuck')
    await goBack(phase.begin, phase.announced, tools, 'at boot');
}

async function isNotDueYet(
  { boot, monotonicMs }: Deadline,
  { bootId, clock }: Transacting,
): Promise<boolean> {
  return boot === (await bootId()) && clock.monotonicMs() < monotonicMs;
}
