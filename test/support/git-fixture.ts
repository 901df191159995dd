import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openGit, type GitRepository } from '../../agent/host/git.ts';
import type { Tree } from '../../agent/desired/tree.ts';
import { openCheckouts } from '../../agent/source/checkout.ts';
import { pull, type Pulled } from '../../agent/source/pull.ts';

/** A folder that is gone when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-git-'));
  onTestFinished(() => {
    // Checkouts are read-only, also for whoever wants to remove them, unless that is root.
    if (userInfo().uid !== 0) execFileSync('chmod', ['-R', 'u+rwX', folder]);
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);
  return folder;
}

/** Git as the owner of a state repository runs it: with nobody's configuration, and a date that never changes. */
export function gitIn(repository: string, ...args: string[]): string {
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: repository,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Ada Lovelace',
    GIT_AUTHOR_EMAIL: 'ada@home.example',
    GIT_COMMITTER_NAME: 'Ada Lovelace',
    GIT_COMMITTER_EMAIL: 'ada@home.example',
    GIT_COMMITTER_DATE: '2026-01-02T03:04:05Z',
    GIT_AUTHOR_DATE: '2026-01-02T03:04:05Z',
  };
  const output = execFileSync('git', args, {
    cwd: repository,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return output.trim();
}

/** A state repository of somebody else's, with a branch `main`. */
export class Origin {
  readonly path = join(temporaryFolder(), 'state');

  constructor() {
    mkdirSync(this.path);
    gitIn(this.path, 'init', '--quiet', '--initial-branch=main');
  }

  write(files: Readonly<Record<string, string | Uint8Array>>): this {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.path, name)), { recursive: true });
      writeFileSync(join(this.path, name), content);
    }
    return this;
  }

  /** Commits everything there is, and these files; gives the commit's name. */
  commit(subject: string, files: Readonly<Record<string, string | Uint8Array>> = {}): string {
    this.write(files);
    gitIn(this.path, 'add', '--all');
    gitIn(this.path, 'commit', '--quiet', '--allow-empty', '-m', subject);
    return gitIn(this.path, 'rev-parse', 'HEAD');
  }

  /** Many commits on `main` at once, each with these files, as git-fast-import(1) takes them. */
  import(commits: readonly (readonly (readonly [path: string, content: string])[])[]): void {
    const by = 'committer Ada Lovelace <ada@home.example> 1767323045 +0000\n';
    const stream = commits.map((files, i) => {
      const changes = files.map(([path, bytes]) => `M 644 inline ${path}\ndata ${bytes.length}\n${bytes}\n`);
      return `commit refs/heads/main\n${by}data ${`${i}`.length}\n${i}\n${changes.join('')}`;
    });
    execFileSync('git', ['fast-import', '--quiet'], { cwd: this.path, input: stream.join('') });
  }

  git(...args: string[]): string {
    return gitIn(this.path, ...args);
  }

  get remote() {
    return { url: this.path, branch: 'main', path: '.' };
  }
}

/** One agent: its state directory, its Git, and what it accepted last. */
export class Agent {
  readonly state: string;
  readonly git: GitRepository;
  accepted: string | null = null;

  constructor(state = temporaryFolder()) {
    this.state = state;
    this.git = openGit(this.state);
  }

  /** Pulls, and remembers what is current, as a cycle does. */
  async pull(repository: Parameters<typeof pull>[0]['repository'], timeoutMs = 60_000): Promise<Pulled> {
    const pulled = await pull({ repository, accepted: this.accepted, git: this.git, timeoutMs });
    if (pulled.outcome === 'current') this.accepted = pulled.head.sha;
    return pulled;
  }

  get repository(): string {
    return join(this.state, 'source', 'repository.git');
  }
}

/** The names of the processes that a repository's calls have started and that still run. */
export function marksOf(repository: string): readonly string[] {
  return readdirSync('/proc').flatMap((pid) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
      const ours = environment.includes(`HOLDFAST_GIT=${repository}|`);
      return ours ? [readFileSync(`/proc/${pid}/comm`, 'utf8').trim()] : [];
    } catch {
      return []; // not a process, or gone in the meantime
    }
  });
}

/** Pulls, and checks out what is current. */
export async function checkedOut(origin: Origin, path = '.', agent = new Agent(), bootId = 'this boot') {
  const pulled = await agent.pull(origin.remote);
  if (pulled.outcome !== 'current') throw new Error(pulled.why);
  const { state: stateDirectory, git } = agent;
  const checkouts = openCheckouts({ stateDirectory, repository: { ...origin.remote, path }, git, bootId });
  const { sha } = pulled.head;
  return { agent, checkouts, sha, ...(await checkouts.checkout(sha)) };
}

export async function text(tree: Tree, path: string): Promise<string> {
  return Buffer.from((await tree.read(path)) ?? 'nothing').toString();
}
