import { addressOf, printable, withoutSecrets, type GitFailed, type Remote } from '../host/git.ts';
import { CAUSES } from './git-causes.ts';

/** `understood`: the remote, the way to it or what agent.yaml says of it is to blame, not our copy. */
export type Explanation = { readonly why: string; readonly understood: boolean };

/** What a person should know of a Git that failed: what, why, the way out, and Git's own last word. */
export function explainGit(failed: GitFailed, remote: Remote): Explanation {
  const address = addressOf(remote.url);
  if (failed.timedOutAfterMs !== null) {
    const limit = `${failed.timedOutAfterMs / 1000} s`;
    const why = `${address.shown} did not answer in full within ${limit}, so the attempt was ended. Check the network and the Git server; Holdfast tries again by itself.`;
    return { why, understood: true };
  }
  for (const { pattern, says } of CAUSES) {
    const match = pattern.exec(failed.stderr);
    if (match !== null) {
      return {
        why: quoting(says({ remote, address, match, stderr: failed.stderr }), failed),
        understood: true,
      };
    }
  }
  const how = failed.exitCode === null ? 'was killed' : `ended with exit code ${failed.exitCode}`;
  return { why: quoting(`Git could not read ${address.shown}: it ${how}.`, failed), understood: false };
}

function quoting(sentence: string, failed: GitFailed): string {
  const last = lastWord(failed.stderr);
  return last === '' ? sentence : `${sentence} Git's last word: "${last}".`;
}

/** What Git adds to every failure of a connection says nothing about this one. */
const ALWAYS_SAID =
  /^(?:fatal: Could not read from remote repository\.|Please make sure you have the correct access rights|and the repository exists\.|\s*at .*\(?node:.*)$/;

function lastWord(stderr: string): string {
  const lines = stderr.split(/[\r\n]+/).map((line) => printable(line));
  const own = lines.filter((line) => line !== '' && !ALWAYS_SAID.test(line));
  return withoutSecrets(own.at(-1) ?? '').slice(0, 300);
}
