import type { VerifyConfig } from '../config.ts';
import type { Commit, GitRepository, Signature } from '../host/git.ts';
import { signersStamp, SignersUnusable } from '../host/git-signers.ts';
import { whatIsWrong, whyNotFirst, whyNotThePin, whyRefused, whyTooMany } from './signature-sentences.ts';

/**
 * Whether a head may be followed. INVARIANTS:
 * 1. It is asked before anything of the commit's tree is read, and for every head but the accepted one.
 * 2. Git decides (`verdictOf` reads its `%G?`), with settings, keys and revocations of this host alone. Whatever cannot be checked is
 *    refused, with a sentence.
 * 3. Nothing is accepted here: `accept-history.ts` and `holdfast accept` do that.
 */
export type Verifier = {
  /** `null`: it may be followed. Otherwise why not, a clause. */
  refusal(head: Commit, accepted: string | null): Promise<string | null>;
};

export type AskedToVerify = {
  readonly git: GitRepository;
  readonly verify: VerifyConfig;
  readonly nowMs: () => number;
};

/** What a refusal depends on beside files (an OpenPGP key's end) is asked again after so long. */
const AGAIN_MS = 5 * 60_000;

/** A refused head is verified once, and again when somebody changes who may sign. */
export function openVerifier(asked: AskedToVerify): Verifier {
  let known: { readonly key: string; readonly atMs: number; readonly why: string } | null = null;
  return {
    async refusal(head, accepted) {
      const key = [head.sha, accepted, signersStamp(asked.verify.signers)].join();
      const sinceMs = asked.nowMs() - (known?.atMs ?? 0);
      if (known?.key === key && sinceMs >= 0 && sinceMs < AGAIN_MS) return known.why;
      known = null;
      // What cannot be checked is asked about in every cycle: nobody waits longer for a program that was missing.
      return orUnusable(async () => {
        const why = await verify(head, accepted, asked);
        known = why === null ? null : { key, atMs: asked.nowMs(), why };
        return why;
      });
    },
  };
}

async function verify(head: Commit, accepted: string | null, asked: AskedToVerify): Promise<string | null> {
  const { git, verify: config } = asked;
  const base = accepted ?? config.pin;
  if (base === null) return whyNotFirst(head.sha);
  // Whoever is root has named it.
  if (base === head.sha) return null;
  if (accepted === null && !(await git.isAncestor(base, head.sha))) return whyNotThePin(base, head.sha);
  const why = await refusedOf([head.sha], head.sha, asked);
  return why ?? (config.mode === 'head' ? null : await everyRefusal(head.sha, base, asked));
}

/** Each may start two processes. Somebody who brings more with a signed head can be asked to say so. */
const MOST_COMMITS = 2_000;
const BATCH = 16;

/**
 * All that the branch gains, whichever parent of a merge it comes by: what is merged is applied as well. What the
 * accepted commit has already counts as accepted, whoever signed it.
 */
async function everyRefusal(head: string, base: string, asked: AskedToVerify): Promise<string | null> {
  const since = await asked.git.since(base, head, MOST_COMMITS + 1);
  if (since.length > MOST_COMMITS) return whyTooMany(MOST_COMMITS, base, head);
  const others = since.filter((sha) => sha !== head);
  for (let at = 0; at < others.length; at += BATCH) {
    const why = await refusedOf(others.slice(at, at + BATCH), head, asked);
    if (why !== null) return why;
  }
  return null;
}

async function refusedOf(
  shas: readonly string[],
  head: string,
  { git, verify: { signers } }: Pick<AskedToVerify, 'git' | 'verify'>,
): Promise<string | null> {
  const bad = (await git.signatures(shas, signers)).find(isBad);
  return bad === undefined ? null : whyRefused(bad, { head, signers });
}

const isBad = ({ verdict }: Signature): boolean => verdict !== 'good';

/** What is wrong with one commit's own signature, for a person who is about to accept it; `null`: nothing. */
export const signatureRefusal = (
  commit: string,
  asked: Pick<AskedToVerify, 'git' | 'verify'>,
): Promise<string | null> =>
  orUnusable(async () => {
    const { signers } = asked.verify;
    const bad = (await asked.git.signatures([commit], signers)).find(isBad);
    return bad === undefined ? null : `it ${whatIsWrong(bad, signers)}`;
  });

async function orUnusable(ask: () => Promise<string | null>): Promise<string | null> {
  try {
    return await ask();
  } catch (problem) {
    if (problem instanceof SignersUnusable) return problem.message;
    throw problem;
  }
}
