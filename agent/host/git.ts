import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Facts } from './git-facts.ts';
import { clearLeftovers } from './git-leftovers.ts';
import type { Commit, Entry } from './git-objects.ts';
import {
  blobBodies,
  commitNamed,
  commitsSince,
  folderEntries,
  isAncestor,
  isDamaged,
} from './git-questions.ts';
import type { Remote } from './git-remote.ts';
import { ensureRepository } from './git-repository.ts';
import { gitRunner, type GitRunner } from './git-run.ts';
import type { Signature } from './git-signatures.ts';
import { repackWhenDue } from './git-tidy.ts';
import { fetchBranch, refOf, remoteBranches } from './git-transport.ts';
import type { Signers } from './git-signers.ts';

export { printable, type Commit, type Entry } from './git-objects.ts';
export { addressOf, withoutSecrets, type Remote } from './git-remote.ts';
export { GitFailed } from './git-run.ts';
export type { Signature } from './git-signatures.ts';

/**
 * Our copy of the state repository. Every method may throw `GitFailed`; calls follow one another, never side by
 * side. Only `head`, `branches` and `fetch` speak to the remote.
 */
export interface GitRepository {
  /** The commit that the remote's branch is at; `null`: it has no such branch. */
  head(remote: Remote, timeoutMs: number): Promise<string | null>;
  /** The branches that the remote has, sorted. */
  branches(remote: Remote, timeoutMs: number): Promise<readonly string[]>;
  fetch(remote: Remote, timeoutMs: number): Promise<void>;
  /** Where the branch was when it was last fetched. */
  fetched(remote: Remote): Promise<Commit | null>;
  /** A commit by its name or the beginning of it. */
  find(name: string): Promise<Commit | 'missing' | 'ambiguous'>;
  /** Whether `ancestor` is `descendant` or before it. A commit that is not here is before and after nothing. */
  isAncestor(ancestor: string, descendant: string): Promise<boolean>;
  /** The commits that `head` has and `base` has not, the newest first; at most `most`. */
  since(base: string, head: string, most: number): Promise<readonly string[]>;
  /** What these commits' signatures are worth, in the order asked. Throws `SignersUnusable` as well. */
  signatures(shas: readonly string[], signers: Signers): Promise<readonly Signature[]>;
  /** Everything in the folder `path` of a commit; `null`: the commit has no such folder. */
  entries(commit: string, path: string): Promise<readonly Entry[] | null>;
  /** The bytes of objects, in the order asked. */
  blobs(shas: readonly string[]): Promise<readonly Buffer[]>;
  /** Throws our copy away if it is damaged (it is only a copy): true when the caller should fetch again. */
  mend(): Promise<boolean>;
  /** Bounds the copy's growth, at most once a day. A sentence when that failed, which nobody has to wait for. */
  tidy(remote: Remote, nowMs: number): Promise<string | null>;
}

/** `stateDirectory` is Holdfast's own; the repository is made in `source/repository.git` when it is first needed. */
export function openGit(stateDirectory: string): GitRepository {
  const source = join(stateDirectory, 'source');
  const directory = join(source, 'repository.git');
  const facts = new Facts();
  const copy: Copy = {
    source,
    run: gitRunner(directory, join(source, 'home')),
    facts,
    ready: async (remote) => {
      if (await ensureRepository(source, remote)) facts.forget();
    },
  };
  return {
    ...answers(copy),
    ...transport(copy, directory),
    async mend() {
      await copy.ready(null);
      if (!(await isDamaged(copy.run))) return false;
      facts.forget();
      await rm(directory, { recursive: true, force: true });
      return true;
    },
    async tidy(remote, nowMs) {
      await copy.ready(null);
      return repackWhenDue({ run: copy.run, source, ref: refOf(remote), nowMs });
    },
  };
}

type Copy = {
  readonly source: string;
  readonly run: GitRunner;
  readonly facts: Facts;
  /** Makes what is missing before a call; a repository made anew invalidates what was learnt of the old one. */
  readonly ready: (remote: Remote | null) => Promise<void>;
};

type Answers = Omit<GitRepository, keyof Transport | 'mend' | 'tidy'>;

function answers({ source, run, facts, ready }: Copy): Answers {
  const find: GitRepository['find'] = async (name) => {
    await ready(null);
    return facts.commit(name, () => commitNamed(run, name));
  };
  return {
    find,
    async fetched(remote) {
      const ref = refOf(remote);
      const found = await find(facts.heads.get(ref) ?? ref);
      if (typeof found === 'string') return null;
      facts.heads.set(ref, found.sha);
      return found;
    },
    async isAncestor(ancestor, descendant) {
      if (ancestor === descendant) return true;
      for (const name of [ancestor, descendant]) {
        if (typeof (await find(name)) === 'string') return false;
      }
      return facts.ancestry(`${ancestor} ${descendant}`, () => isAncestor(run, ancestor, descendant));
    },
    async since(base, head, most) {
      await ready(null);
      return commitsSince(run, base, head, most);
    },
    async signatures(shas, signers) {
      await ready(null);
      // Loaded when there is something to verify.
      return (await import('./git-signatures.ts')).signaturesOf(run, source, shas, signers);
    },
    async entries(commit, path) {
      await ready(null);
      return folderEntries(run, commit, path);
    },
    async blobs(shas) {
      await ready(null);
      return blobBodies(run, shas);
    },
  };
}

type Transport = Pick<GitRepository, 'head' | 'branches' | 'fetch'>;

function transport({ run, facts, ready }: Copy, directory: string): Transport {
  return {
    async head(remote, timeoutMs) {
      await ready(remote);
      return (await remoteBranches(run, remote, timeoutMs, remote.branch)).get(remote.branch) ?? null;
    },
    async branches(remote, timeoutMs) {
      await ready(remote);
      return [...(await remoteBranches(run, remote, timeoutMs, '*')).keys()].toSorted();
    },
    async fetch(remote, timeoutMs) {
      await ready(remote);
      await clearLeftovers(directory);
      facts.heads.clear();
      await fetchBranch(run, remote, timeoutMs);
    },
  };
}
