import { capital } from '../report/told.ts';
import type { Source } from '../source/source.ts';
import { openJournal } from '../transaction/journal.ts';
import { EXIT, type CommonOptions, type Environment } from './environment.ts';
import { openTools } from './open-tools.ts';
import { placesUnder } from './places.ts';
import { withLock } from './with-lock.ts';

/** The way back needs no repository. */
const NONE: Source = { newest: async () => ({ newest: null, head: null, ok: true, why: null }) };

/**
 * `holdfast recover --boot`, called by holdfast-recover.service before the daemons start: files, kernel parameters,
 * rules and enablement of a change that was interrupted go back. The agent, which comes later, does the rest and ends
 * the transaction.
 */
export type RecoverOptions = CommonOptions & { readonly agree?: boolean };

export async function recoverCommand(options: RecoverOptions, environment: Environment): Promise<number> {
  if (options.agree === true) return (await import('./agree-at-boot.ts')).agreeAtBoot(options, environment);
  const { machine, log } = environment;
  const places = placesUnder(undefined, options.config);
  return withLock(places.lock, 'holdfast recover', environment, async () => {
    const journal = await openJournal(machine.openStateDirectory(places.state));
    const { phase } = journal;
    if (phase.phase !== 'applying' && phase.phase !== 'rollingBack' && phase.phase !== 'stuck')
      return EXIT.ok;
    const tools = await openTools({ options, places, config: null, source: NONE }, environment);
    const { goBackAtBoot } = await import('../transaction/take-up.ts');
    await goBackAtBoot(journal, tools);
    log.warn({
      event: 'recovered-at-boot',
      sentence: `${capital(phase.begin.of)} was open when this host went down: its files, kernel parameters and rules are as before again; the agent ends it when it starts.`,
      outcome: 'rolled back',
      ...(phase.begin.commit === null ? {} : { commit: phase.begin.commit.sha }),
    });
    return EXIT.ok;
  });
}
