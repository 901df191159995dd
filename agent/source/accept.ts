import { GitFailed, type Commit, type GitRepository, type Remote } from '../host/git.ts';
import { explainGit } from './explain-git.ts';

export type AskedToAccept = {
  readonly repository: Remote;
  /** What the user wrote: a commit's name, the beginning of one, or the branch. */
  readonly name: string;
  readonly git: GitRepository;
  readonly timeoutMs?: number | undefined;
};

export type Accepted = { readonly commit: Commit } | { readonly problem: string };

/** A person is waiting, and may interrupt. */
const LIMIT_MS = 120_000;

/**
 * The commit that a user means with `holdfast accept`. It has to be on the branch as the remote has it now: the
 * branch would not continue any other, and the next pull would refuse it again.
 */
export async function acceptCommit(asked: AskedToAccept): Promise<Accepted> {
  const { git, repository, timeoutMs = LIMIT_MS, name } = asked;
  if (name !== repository.branch && !/^[0-9a-f]{4,64}$/i.test(name)) {
    return {
      problem: `"${name}" is not a commit. Give at least the first four digits of its name, as "holdfast status" shows it, or the branch, ${repository.branch}.`,
    };
  }
  try {
    const offline = await fetched(git, repository, timeoutMs);
    const head = await git.fetched(repository);
    if (head === null) return { problem: offline ?? `The branch ${repository.branch} could not be fetched.` };
    return await onBranch(asked, head, offline === null ? '' : ` The remote was not reached: ${offline}`);
  } catch (problem) {
    if (!(problem instanceof GitFailed)) throw problem;
    return { problem: explainGit(problem, repository).why };
  }
}

/** `null`: what is here is what the remote has. Otherwise why not; what was fetched before may still do. */
async function fetched(git: GitRepository, repository: Remote, timeoutMs: number): Promise<string | null> {
  try {
    await git.fetch(repository, timeoutMs);
    return null;
  } catch (problem) {
    if (!(problem instanceof GitFailed)) throw problem;
    return explainGit(problem, repository).why;
  }
}

async function onBranch(asked: AskedToAccept, head: Commit, offline: string): Promise<Accepted> {
  const { git, repository, name } = asked;
  const commit = name === repository.branch ? head : await git.find(name.toLowerCase());
  if (commit === 'ambiguous')
    return { problem: `More than one commit's name begins with ${name}. Give more of it.` };
  if (commit === 'missing')
    return {
      problem: `There is no commit ${name} in the state repository. Its branch ${repository.branch} is at ${head.sha}.${offline}`,
    };
  if (!(await git.isAncestor(commit.sha, head.sha)))
    return {
      problem: `Commit ${commit.sha} is not on the branch ${repository.branch}, which is at ${head.sha}. Accept that one, or push the branch first.${offline}`,
    };
  return { commit };
}
