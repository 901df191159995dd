import { GitFailed, type Commit, type GitRepository, type Remote } from '../host/git.ts';
import { explainGit } from './explain-git.ts';

export type Asked = {
  readonly repository: Remote;
  /** The last commit of the branch that was accepted; `null` before the first. */
  readonly accepted: string | null;
  readonly git: GitRepository;
  /** For each call to the remote. */
  readonly timeoutMs: number;
};

export type Pulled =
  /** The branch is at `head`, which is the accepted commit or comes after it. */
  | { readonly outcome: 'current'; readonly head: Commit }
  /** The remote could not be read. `head`: what was last fetched of it, if that continues the accepted commit. */
  | { readonly outcome: 'offline'; readonly why: string; readonly head: Commit | null }
  /** The branch no longer contains the accepted commit. Nothing is taken from it until somebody accepts. */
  | {
      readonly outcome: 'rewritten';
      readonly accepted: string;
      readonly found: Commit;
      readonly why: string;
    }
  /** The remote answers, but has nothing on this branch: never an empty desired state. */
  | { readonly outcome: 'empty'; readonly why: string };

/**
 * What the state repository says now. When nothing is new this is one `git ls-remote` (two processes over SSH,
 * itself and ssh). Only what continues the accepted commit is current.
 */
export async function pull(asked: Asked): Promise<Pulled> {
  try {
    return await attempt(asked);
  } catch (problem) {
    if (!(problem instanceof GitFailed)) throw problem;
    return recovered(asked, problem);
  }
}

async function attempt(asked: Asked): Promise<Pulled> {
  const { git, repository, timeoutMs } = asked;
  const there = await git.head(repository, timeoutMs);
  if (there === null) return { outcome: 'empty', why: await whyEmpty(asked) };
  if ((await git.fetched(repository))?.sha !== there) await git.fetch(repository, timeoutMs);
  const head = await git.fetched(repository);
  if (head === null) throw new GitFailed('fetch', 0, `the branch ${repository.branch} was not fetched`, null);
  return judged(asked, head);
}

/** A damaged copy (a power cut, a dying card) is only a copy: it is fetched once more, whole. */
async function recovered(asked: Asked, problem: GitFailed): Promise<Pulled> {
  const { why, understood } = explainGit(problem, asked.repository);
  try {
    if (!understood && (await asked.git.mend())) return await attempt(asked);
    return { outcome: 'offline', why, head: await lastGood(asked) };
  } catch (again) {
    if (!(again instanceof GitFailed)) throw again;
    return { outcome: 'offline', why: explainGit(again, asked.repository).why, head: null };
  }
}

async function lastGood({ git, repository, accepted }: Asked): Promise<Commit | null> {
  const head = await git.fetched(repository);
  if (head === null || accepted === null) return head;
  return (await git.isAncestor(accepted, head.sha)) ? head : null;
}

async function judged({ git, repository, accepted }: Asked, head: Commit): Promise<Pulled> {
  if (accepted === null || (await git.isAncestor(accepted, head.sha))) return { outcome: 'current', head };
  const how = (await git.isAncestor(head.sha, accepted))
    ? `The branch ${repository.branch} went back from commit ${accepted} to ${head.sha}, which is older`
    : `The history of the branch ${repository.branch} was rewritten: commit ${accepted}, which was accepted, is not part of what it has now, ${head.sha}`;
  const why = `${how} ("${head.subject}" by ${head.author}). Holdfast goes on with the accepted one. If this was meant, run "holdfast accept ${head.sha}"; otherwise push the old history again.`;
  return { outcome: 'rewritten', accepted, found: head, why };
}

async function whyEmpty({ git, repository, timeoutMs }: Asked): Promise<string> {
  const there = await git.branches(repository, timeoutMs);
  if (there.length === 0)
    return `The state repository has no commits yet. Push a first one to the branch ${repository.branch}; until then Holdfast changes nothing.`;
  const named = there.slice(0, 10).join(', ') + (there.length > 10 ? ', …' : '');
  return `The state repository has no branch ${repository.branch}. It has ${named}. Push the branch, or change repository.branch.`;
}
