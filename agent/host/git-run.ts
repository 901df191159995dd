import { randomUUID } from 'node:crypto';
import { simpleGit } from 'simple-git';
import { endCall, MARK, newMark } from './git-processes.ts';
import { withoutSecrets, type Remote } from './git-remote.ts';
import { sshCommand } from './git-ssh.ts';

/** Git said no, or was not given the time to answer. `agent/source/explain-git.ts` makes a sentence of it. */
export class GitFailed extends Error {
  override readonly name = 'GitFailed';
  readonly exitCode: number | null;
  /** Without passwords, at most its last 8 KiB. */
  readonly stderr: string;
  /** The limit that was reached, or `null` when Git ended by itself. */
  readonly timedOutAfterMs: number | null;

  constructor(command: string, exitCode: number | null, stderr: string, timedOutAfterMs: number | null) {
    const clean = withoutSecrets(lastLines(stderr)).slice(-8192).trim();
    super(
      timedOutAfterMs === null
        ? `"git ${command}" failed (${exitCode === null ? 'killed' : `exit code ${exitCode}`}): ${clean}`
        : `"git ${command}" was ended: it took longer than ${timedOutAfterMs / 1000} s.`,
    );
    this.exitCode = exitCode;
    this.stderr = clean;
    this.timedOutAfterMs = timedOutAfterMs;
  }
}

/** The remote has a say in how much there is. No line is cut in two: half a password would not be known for one. */
function lastLines(text: string): string {
  if (text.length <= LONGEST_STDERR) return text;
  const tail = text.slice(-LONGEST_STDERR);
  return tail.slice(tail.indexOf('\n') + 1 || tail.length);
}
const LONGEST_STDERR = 64 * 1024;

export type GitCall = {
  readonly timeoutMs: number;
  /** Who is spoken to; without it no connection can be made. */
  readonly remote?: Remote;
  readonly input?: string;
  /** Beside, and in place of, what every call is given. */
  readonly environment?: Readonly<Record<string, string>>;
};

export interface GitRunner {
  text(args: readonly string[], call: GitCall): Promise<string>;
  bytes(args: readonly [command: 'cat-file', ...string[]], call: GitCall): Promise<Buffer>;
}

/**
 * Runs Git on the repository in `directory`, alone with an environment of our own. Whatever happens, nothing that a
 * call started is running when it settles.
 */
export function gitRunner(directory: string, home: string): GitRunner {
  const git = (args: readonly string[], call: GitCall, start: (g: Git) => PromiseLike<unknown>) =>
    withinLimits(args, call, newMark(directory, randomUUID()), (mark, failed, heard) =>
      start(
        configured(directory, environment(directory, home, mark, call), call.input, failed).outputHandler(
          (_, stdout, stderr) => {
            for (const output of [stdout, stderr]) output.on('data', (chunk: Buffer) => heard(chunk.length));
          },
        ),
      ),
    );
  return {
    text: async (args, call) => (await git(args, call, (g) => g.raw([...args]))) as string,
    bytes: async (args, call) => (await git(args, call, (g) => g.binaryCatFile(args.slice(1)))) as Buffer,
  };
}

/** What an answer may be at most: one that is made to be endless (a tree of a few that stand for millions) ends here. */
export const MOST_OUTPUT_BYTES = 32 * 1024 * 1024;

type Git = ReturnType<typeof simpleGit>;
type Ended = { readonly exitCode: number | null; readonly stderr: string };

async function withinLimits(
  args: readonly string[],
  { timeoutMs }: GitCall,
  mark: string,
  start: (mark: string, failed: (how: Ended) => void, heard: (bytes: number) => void) => PromiseLike<unknown>,
): Promise<unknown> {
  const how: { ended: Ended | null; ending: Promise<void> | null; tooMuch: boolean } = {
    ended: null,
    ending: null,
    tooMuch: false,
  };
  let giveUp: () => void = () => undefined;
  const over = new Promise<never>((_, reject) => {
    giveUp = () => {
      how.ending ??= endCall(mark).finally(() => reject(new Error('over')));
    };
  });
  over.catch(() => undefined);
  const timer = setTimeout(giveUp, timeoutMs);
  let heardBytes = 0;
  const heard = (bytes: number): void => {
    heardBytes += bytes;
    how.tooMuch = heardBytes > MOST_OUTPUT_BYTES;
    if (how.tooMuch) giveUp();
  };
  try {
    return await Promise.race([start(mark, (ended) => (how.ended = ended), heard), over]);
  } catch (problem) {
    clearTimeout(timer);
    if (how.ending !== null) await how.ending;
    if (how.tooMuch) throw new GitFailed(args[0] ?? '', null, TOO_MUCH, null);
    const { exitCode, stderr } = how.ended ?? { exitCode: null, stderr: String(problem) };
    throw new GitFailed(args[0] ?? '', exitCode, stderr, how.ending === null ? null : timeoutMs);
  } finally {
    clearTimeout(timer);
  }
}

const TOO_MUCH = `its answer was larger than ${MOST_OUTPUT_BYTES / 1024 / 1024} MiB, which no state repository's is. Take out what makes it so large.`;

function configured(
  directory: string,
  env: NodeJS.ProcessEnv,
  input: string | undefined,
  failed: (how: Ended) => void,
): Git {
  return simpleGit({
    baseDir: directory,
    allowEnvironment: Object.keys(env).filter((name) => name.startsWith('GIT_')),
    unsafe: { allowUnsafeConfigPaths: true, allowUnsafeSshCommand: true },
    // Without this simple-git cuts off output that is still in the pipe 50 ms after Git has ended.
    completion: { onClose: true, onExit: false },
    // It takes a Git that was killed, or that fails without a word, for a success.
    errors(error, { exitCode, stdErr }) {
      if (exitCode === 0 && error === undefined) return undefined;
      const stderr = Buffer.concat(stdErr).toString('utf8');
      failed({ exitCode: typeof exitCode === 'number' ? exitCode : null, stderr });
      return error ?? Buffer.from(stderr);
    },
    ...(input === undefined ? {} : { input: () => input }),
  }).env(env);
}

function environment(
  directory: string,
  home: string,
  mark: string,
  { remote, environment: more }: GitCall,
): NodeJS.ProcessEnv {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: home,
    LC_ALL: 'C.UTF-8',
    [MARK]: mark,
    // Named, so that Git never looks for a repository further up.
    GIT_DIR: directory,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_REPLACE_OBJECTS: '1',
    // Everything else is refused: `ext::` runs commands, `http:` and `git:` let the network write our configuration.
    GIT_ALLOW_PROTOCOL: remote === undefined ? '' : 'file:https:ssh',
    ...(remote === undefined ? {} : { GIT_SSH_COMMAND: sshCommand(remote), GIT_SSH_VARIANT: 'ssh' }),
    ...more,
  };
}
