import type { VerifyConfig } from '../config.ts';
import type { Commit, GitRepository, Remote } from '../host/git.ts';
import { GitFailed } from '../host/git.ts';
import type { From, Refusal } from '../desired/candidate.ts';
import { aboutFile } from '../desired/diagnostics.ts';
import { TreeProblem } from '../desired/tree.ts';
import type { Generation } from '../transaction/generations.ts';
import type { Checkouts } from './checkout.ts';
import { withMarker, type Marker } from './rendering-marker.ts';
import { pull, type Pulled } from './pull.ts';
import type { RenderTree } from './render-tree.ts';
import type { Found, Source } from './source.ts';
import type { Verifier } from './verify.ts';

/** A fetch over a slow link takes a while; a server that says nothing for so long is down. */
const REMOTE_TIMEOUT_MS = 60_000;

export type FollowedRepository = {
  readonly repository: Remote;
  readonly git: GitRepository;
  readonly checkouts: Checkouts;
  readonly render: RenderTree;
  /** What a stored rendering depends on beside the commit: the release, and the hostname. */
  readonly renderedFor: () => string;
  /** Every address that this host has now; a card that was cloned has another host's commit in force. */
  readonly addresses: () => readonly string[];
  /** Which private key this host has: with another one, a commit that it could not read is worth another look. */
  readonly key: () => string | null;
  readonly checkAddress: boolean;
  readonly marker: Marker;
  readonly nowMs: () => number;
  /** Whose signature a commit must carry; `null`: nobody's. */
  readonly verify: VerifyConfig | null;
};

/**
 * Desired state from a Git repository. A commit is rendered once: the daemon remembers the last one, and the
 * generation in force says which commit it was rendered from, so that a cycle without news renders nothing.
 */
export function sourceFromGit(following: FollowedRepository): Source {
  let remembered: { readonly key: string; readonly newest: Found['newest'] } | null = null;
  const refusal = signatureRefusals(following);
  return {
    newest: async ({ accepted, committed }) => {
      const { repository, git } = following;
      const pulled = await pull({ repository, accepted, git, timeoutMs: REMOTE_TIMEOUT_MS });
      const head = 'head' in pulled ? pulled.head : null;
      const followed = { head, ok: pulled.outcome === 'current', why: whyNot(pulled) };
      if (head === null) return { ...followed, newest: null };
      const why = await refusal(head, accepted);
      if (why !== null) return { ...followed, newest: refused(head, why), unverified: true };
      if (isInForce(head, committed, following)) return { ...followed, newest: 'committed' };
      const key = [head.sha, following.renderedFor(), following.key(), ...following.addresses()].join();
      if (remembered?.key !== key) {
        remembered = { key, newest: await rendered(head, following) };
        await following.checkouts.prune([head.sha], following.nowMs());
      }
      return { ...followed, newest: remembered.newest };
    },
  };
}

/** Nobody verifies the accepted head again, so that a cycle without news loads and starts nothing for it. */
function signatureRefusals({ git, verify, nowMs }: FollowedRepository): Verifier['refusal'] {
  let verifier: Verifier | null = null;
  return async (head, accepted) => {
    if (verify === null || head.sha === accepted) return null;
    verifier ??= (await import('./verify.ts')).openVerifier({ git, verify, nowMs });
    try {
      return await verifier.refusal(head, accepted);
    } catch (problem) {
      if (problem instanceof GitFailed) return `its signature could not be checked. ${problem.message}`;
      throw problem;
    }
  };
}

const fromOf = ({ sha, author, subject }: Commit): From => ({ commit: sha, author, subject });

const refused = (head: Commit, why: string): Refusal => ({
  from: fromOf(head),
  diagnostics: [aboutFile(null, why)],
});

const whyNot = (pulled: Pulled): string | null => (pulled.outcome === 'current' ? null : pulled.why);

function isInForce(head: Commit, committed: Generation | null, following: FollowedRepository): boolean {
  if (committed?.commit?.sha !== head.sha || committed.renderedFor !== following.renderedFor()) return false;
  return !following.checkAddress || following.addresses().includes(committed.candidate.role.address);
}

async function rendered(
  head: Commit,
  { checkouts, render, marker }: FollowedRepository,
): Promise<Found['newest']> {
  const from = fromOf(head);
  try {
    const { tree } = await checkouts.checkout(head.sha);
    const ended = await withMarker(marker, head.sha, () => render(tree, from));
    return typeof ended === 'string' ? refused(head, ended) : ended;
  } catch (problem) {
    // Whatever a commit's files do, it is the commit that is refused; the one in force goes on.
    if (problem instanceof TreeProblem || problem instanceof GitFailed) return refused(head, problem.message);
    throw problem;
  }
}
