import { acceptCommit } from '../source/accept.ts';
import { shortSha } from '../plan/format-plan.ts';
import { readLedger, writeLedger } from '../transaction/ledger.ts';
import { CommandRefused, EXIT, type CommonOptions, type Environment } from './environment.ts';
import { openConfig } from './open-config.ts';
import { placesUnder } from './places.ts';
import { withLock } from './with-lock.ts';

/** `holdfast accept COMMIT`: the way out after the state repository's history was rewritten. */
export async function acceptCommand(
  name: string,
  options: CommonOptions,
  environment: Environment,
): Promise<number> {
  const { machine, out } = environment;
  const places = placesUnder(options.root, options.config);
  const config = openConfig(places.config, environment, false)!;
  const state = machine.openStateDirectory(places.state);
  const git = await machine.openGit(places.state);
  return withLock(places.lock, 'holdfast accept', environment, async () => {
    const found = await acceptCommit({ name, repository: config.repository, git });
    if ('problem' in found) throw new CommandRefused(found.problem);
    const ledger = await readLedger(state);
    await writeLedger(state, { ...ledger, accepted: found.commit.sha });
    const sentence = `Commit ${shortSha(found.commit.sha)} "${found.commit.subject}" by ${found.commit.author} is accepted: it and what follows it is applied from the next cycle on.`;
    out(
      options.json === true
        ? `${JSON.stringify({ accepted: found.commit, before: ledger.accepted })}\n`
        : `${sentence}\n`,
    );
    return EXIT.ok;
  });
}
