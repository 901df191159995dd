import type { VerifyConfig } from '../config.ts';
import type { Commit, GitRepository } from '../host/git.ts';
import { acceptCommit } from '../source/accept.ts';
import { shortSha } from '../plan/format-plan.ts';
import { readLedger, writeLedger } from '../transaction/ledger.ts';
import { CommandRefused, EXIT, type CommonOptions, type Environment } from './environment.ts';
import { openConfig } from './open-config.ts';
import { placesUnder } from './places.ts';
import { withLock } from './with-lock.ts';

export type AcceptOptions = CommonOptions & { readonly unsigned?: boolean };

/**
 * `holdfast accept COMMIT`: the way out after the state repository's history was rewritten, and the way in where
 * signatures are asked for and this host has accepted nothing yet. Who, and what, is said in the journal by the next cycle.
 */
export async function acceptCommand(
  name: string,
  options: AcceptOptions,
  environment: Environment,
): Promise<number> {
  const { machine, out, user } = environment;
  const places = placesUnder(options.root, options.config);
  const config = openConfig(places.config, environment, false)!;
  const state = machine.openStateDirectory(places.state);
  const git = await machine.openGit(places.state);
  return withLock(places.lock, 'holdfast accept', environment, async () => {
    const found = await acceptCommit({ name, repository: config.repository, git });
    if ('problem' in found) throw new CommandRefused(found.problem);
    const { commit } = found;
    const unsigned = await signatureMissing(commit, config.verify, git, options);
    const ledger = await readLedger(state);
    const { sha, author, subject } = commit;
    const acceptedByHand = {
      commit: { sha, author, subject },
      by: user,
      atMs: machine.clock.now(),
      unsigned,
    };
    await writeLedger(state, { ...ledger, accepted: sha, acceptedByHand });
    out(
      options.json === true
        ? `${JSON.stringify({ accepted: commit, before: ledger.accepted, unsigned })}\n`
        : `${sentence(commit, unsigned)}\n`,
    );
    return EXIT.ok;
  });
}

function sentence({ sha, author, subject }: Commit, unsigned: string | null): string {
  const although = unsigned === null ? '' : ` The journal will name you for it, because ${unsigned}`;
  return `Commit ${shortSha(sha)} "${subject}" by ${author} is accepted: it and what follows it is applied from the next cycle on.${although}`;
}

/** Whoever is root may take a commit without a signature, and has to say that this is meant. */
async function signatureMissing(
  { sha, author, subject }: Commit,
  verify: VerifyConfig | null,
  git: GitRepository,
  options: AcceptOptions,
): Promise<string | null> {
  if (verify === null) return null;
  const { signatureRefusal } = await import('../source/verify.ts');
  const why = await signatureRefusal(sha, { git, verify });
  if (why === null || options.unsigned === true) return why;
  throw new CommandRefused(
    `Commit ${shortSha(sha)} "${subject}" by ${author} is not accepted: ${why} Have it signed and pushed again; or, if you have read what it changes and answer for it: sudo holdfast accept ${sha} --unsigned`,
    EXIT.refused,
  );
}
