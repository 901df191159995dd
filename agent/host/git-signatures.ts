import type { Commit } from './git-objects.ts';
import { commitBodies } from './git-questions.ts';
import type { GitRunner } from './git-run.ts';
import {
  claimIn,
  JUDGEMENT_FORMAT,
  judgementsIn,
  outOfTime,
  verdictOf,
  type Judgement,
  type Kind,
  type Verdict,
} from './git-signature.ts';
import type { Signers } from './git-signers.ts';
import { withSigners, type Verifying } from './git-signers-folder.ts';

export type { Verdict } from './git-signature.ts';

export type Signature = {
  readonly commit: Commit;
  /** `null`: nothing signs it. */
  readonly kind: Kind | null;
  readonly verdict: Verdict;
  /** A fingerprint. Unless the verdict is good, only what the signature says of itself. */
  readonly key: string | null;
  readonly signer: string | null;
  /** Of an SSH key that is out of its time: the line of the allowed signers, and why. */
  readonly outOfTime: { readonly line: number; readonly why: string } | null;
};

/** One ssh-keygen or gpg, two at most, for each commit. */
const LIMIT_MS = 300_000;

/** What these commits' signatures are worth, in the order asked. Throws `SignersUnusable`. */
export async function signaturesOf(
  run: GitRunner,
  source: string,
  shas: readonly string[],
  signers: Signers,
): Promise<readonly Signature[]> {
  const bodies = await commitBodies(run, shas);
  const claims = bodies.map(({ commit, body }) => ({ commit, claim: claimIn(body) }));
  const asked = claims.filter(({ claim }) => claim !== null && isAsked(claim.kind, signers));
  const openpgp = asked.some(({ claim }) => claim?.kind === 'openpgp');
  const judged =
    asked.length === 0
      ? new Map<string, Judgement>()
      : await withSigners(source, signers, { openpgp }, (verifying) =>
          judge(
            run,
            asked.map(({ commit }) => commit.sha),
            verifying,
          ),
        );
  return claims.map(({ commit, claim }): Signature => {
    const none = { signer: null, outOfTime: null };
    if (claim === null) return { commit, kind: null, verdict: 'unsigned', key: null, ...none };
    const { kind } = claim;
    const judgement = judged.get(commit.sha);
    if (judgement === undefined) return { commit, ...claim, verdict: 'unknown key', ...none };
    const { signer, said } = judgement;
    const verdict = verdictOf(kind, judgement);
    return { commit, kind, verdict, key: judgement.key ?? claim.key, signer, outOfTime: outOfTime(said) };
  });
}

const isAsked = (kind: Kind, { allowedSigners, openpgpKeys }: Signers): boolean =>
  kind === 'ssh' ? allowedSigners !== null : kind === 'openpgp' && openpgpKeys !== null;

async function judge(
  run: GitRunner,
  shas: readonly string[],
  { environment, unrevoked }: Verifying,
): Promise<ReadonlyMap<string, Judgement>> {
  const judged = new Map((await ask(run, shas, environment)).map((one) => [one.sha, one]));
  const bad = unrevoked === null ? [] : [...judged.values()].filter(({ letter }) => letter === 'B');
  // Git says the same of a revoked SSH key and of a forged signature. What is good but for the revocations is revoked.
  const again = bad.length === 0 ? [] : await ask(run, namesOf(bad), unrevoked ?? environment);
  for (const one of again) if (one.letter === 'G') judged.set(one.sha, { ...one, letter: 'R' });
  return judged;
}

const namesOf = (judged: readonly Judgement[]): readonly string[] => judged.map(({ sha }) => sha);

async function ask(
  run: GitRunner,
  shas: readonly string[],
  environment: Verifying['environment'],
): Promise<readonly Judgement[]> {
  const args = ['log', '-z', '--no-walk=unsorted', '--no-notes', `--format=${JUDGEMENT_FORMAT}`, '--stdin'];
  return judgementsIn(
    await run.text(args, { timeoutMs: LIMIT_MS, environment, input: `${shas.join('\n')}\n` }),
  );
}
