import { createHash } from 'node:crypto';
import { addressOf, type Remote } from './git-remote.ts';
import type { GitRunner } from './git-run.ts';

/** The calls that speak to the remote. It is `origin` in our configuration: its address stands on no command line. */

/** Name and commit of the remote's branches that match. */
export async function remoteBranches(
  run: GitRunner,
  remote: Remote,
  timeoutMs: number,
  branch: string,
): Promise<ReadonlyMap<string, string>> {
  const args = ['ls-remote', '--quiet', 'origin', `refs/heads/${branch}`];
  const lines = (await run.text(args, { remote, timeoutMs })).split('\n');
  // A pattern is matched against the end of a name: refs/remotes/x/refs/heads/main comes too.
  return new Map(
    lines.flatMap((line) => {
      const [, sha, name] = /^([0-9a-f]+)\trefs\/heads\/(.+)$/.exec(line) ?? [];
      return sha === undefined || name === undefined ? [] : [[name, sha] as const];
    }),
  );
}

export async function fetchBranch(run: GitRunner, remote: Remote, timeoutMs: number): Promise<void> {
  const refspec = `+refs/heads/${remote.branch}:${refOf(remote)}`;
  await run.text([...FETCH, 'origin', refspec], { remote, timeoutMs });
}

const FETCH = [
  'fetch',
  '--quiet',
  '--no-tags',
  '--no-recurse-submodules',
  '--no-auto-maintenance',
  '--no-write-fetch-head',
  '--no-show-forced-updates',
] as const;

/** A ref of its own for every address and branch: after a change of agent.yaml the old one says nothing. */
export function refOf(remote: Remote): string {
  const identity = `${addressOf(remote.url).url} ${remote.branch}`;
  return `refs/holdfast/${createHash('sha256').update(identity).digest('hex').slice(0, 16)}`;
}
