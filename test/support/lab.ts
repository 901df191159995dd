/**
 * The lab for tests: three booted hosts, driven through scripts/lab.sh.
 *
 * Commands block (they take milliseconds); only waiting and probing are
 * asynchronous. Whatever goes wrong throws a sentence with the command, its exit
 * code and what it said.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitFor } from './wait-for.ts';

export { waitFor };

const LAB_SH = fileURLToPath(new URL('../../scripts/lab.sh', import.meta.url));
const FOLDER = `/var/lib/${process.env['HOLDFAST_LAB_NAME'] ?? 'holdfast-lab'}`;
const STATE = `${FOLDER}/state`;
export const VIP = '10.1.233.1';
export const HOSTS = [1, 2, 3] as const;

export interface Result {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export interface RunOptions {
  /** Return a non-zero exit instead of throwing. */
  readonly allowFail?: boolean;
  readonly input?: string;
  /** Default 60 s. */
  readonly timeoutMs?: number;
}

/** One entry of the journal; journald gives every field as a string, binary ones as arrays of bytes. */
export interface JournalEntry {
  readonly MESSAGE: string;
  readonly PRIORITY: string;
  readonly __CURSOR: string;
  readonly [field: string]: unknown;
}

/** path → its new text, `null` to delete it, or what becomes of the old text (empty if there was none). */
export type Changes = Readonly<Record<string, string | null | ((old: string) => string)>>;

export interface ProbeReport {
  readonly requests: number;
  readonly failures: number;
  /** Requests in the longest run of failures, and that run in milliseconds. */
  readonly longestRun: number;
  readonly longestRunMs: number;
  readonly reasons: Readonly<Record<string, number>>;
  readonly failed: readonly { readonly atMs: number; readonly why: string }[];
}

export interface Probe {
  /** Resolves once the first request is on its way. */
  readonly ready: Promise<void>;
  stop(): Promise<ProbeReport>;
}

export const lab = {
  host,
  /** Who has the VIP on an interface. */
  owners: (): number[] => HOSTS.filter((n) => host(n).vip()),
  commit,
  /** The lab's own, with the keys of its hosts under pki/. */
  folder: FOLDER,
  /** Whether its hosts run a real kube-apiserver and etcd: it was brought up with LAB_APISERVER (scripts/lab/real.sh). */
  real: existsSync(`${FOLDER}/real`),
  /** Encrypts a secret into the state repository, for the next commit: as a person does, with `holdfast secret`. */
  secret: (name: string, content: string, ...more: readonly string[]): void =>
    void labSh(['secret', 'set', name, ...more], { input: content }),
  /** `holdfast secret …` in the state repository. */
  secrets: (...argv: readonly string[]): string => labSh(['secret', ...argv]).stdout,
  head: (): string => git('rev-parse', 'HEAD'),
  /** Git in the working clone: for rewriting history before `commit(…, { force: true })`. */
  git,
  probe,
  /** Some rows of the fault table, by their names (scripts/lab/faults.sh), as it prints them. */
  faults: (names: readonly string[]): string =>
    labSh(['faults', '--seconds', '6', ...names], { timeoutMs: 120_000 * names.length }).stdout,
  gitServer: {
    stop: () => void labSh(['git-server', 'stop']),
    start: () => void labSh(['git-server', 'start']),
    /** A new host key, which no host knows. */
    rekey: () => void labSh(['git-server', 'rekey']),
  },
};

export type Host = ReturnType<typeof host>;

function host(n: number) {
  const run = (argv: readonly string[], options: RunOptions = {}): Result =>
    labSh(['exec', String(n), '--', ...argv], options);
  return {
    n,
    name: `kubernetes-node-${n}`,
    address: `10.1.1.${n}`,
    run,
    /** A line for the host's shell. */
    shell: (text: string, options?: RunOptions): Result => run(['sh', '-c', text], options),
    read: (path: string): string => run(['cat', path]).stdout,
    /** Writes the file in place; makes its folder. */
    write(path: string, text: string, mode = '0644'): void {
      // Not install(1): it opens /dev/stdin, which here is a socket and cannot be opened.
      const line = 'mkdir -p "${1%/*}" && umask 077 && cat >"$1" && chmod "$2" "$1"';
      run(['sh', '-c', line, 'sh', path, mode], { input: text });
    },
    exists: (path: string): boolean => run(['test', '-e', path], { allowFail: true }).exitCode === 0,
    /** Holdfast's entries of all boots, or those after a cursor. */
    journal(sinceCursor?: string): JournalEntry[] {
      const after = sinceCursor === undefined ? [] : [`--after-cursor=${sinceCursor}`];
      const { stdout } = run(['journalctl', '-u', 'holdfast', '-o', 'json', '--no-pager', '--all', ...after]);
      return stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as JournalEntry);
    },
    /** The end of the whole journal, to read on from. */
    cursor(): string {
      const { stdout } = run(['journalctl', '-n', '0', '--show-cursor', '--no-pager', '-q']);
      return stdout.replace(/^[\s\S]*-- cursor: /, '').trim();
    },
    /** Whether eth0 carries the VIP; false while the host is off. */
    vip(): boolean {
      const { stdout, exitCode } = run(['ip', '-j', '-4', 'address', 'show', 'dev', 'eth0'], {
        allowFail: true,
      });
      if (exitCode === NOT_RUNNING) return false;
      const links = JSON.parse(stdout) as { addr_info?: { local?: string }[] }[];
      return links.some((link) => link.addr_info?.some(({ local }) => local === VIP) ?? false);
    },
    /** `holdfast status --json`. */
    status: (): Record<string, unknown> =>
      JSON.parse(run(['holdfast', 'status', '--json']).stdout) as Record<string, unknown>,
    isRunning: (): boolean => run(['true'], { allowFail: true }).exitCode !== NOT_RUNNING,
    /** Configures and starts Holdfast. */
    start: () => void labSh(['start', String(n)]),
    /** The API server on all addresses, kubeconfigs at the node's own: what kubeadm leaves, and the lesson finds. */
    kubeadm: () => void labSh(['kubeadm', String(n)]),
    /** Sets keepalived and HAProxy up by hand, as the lesson does. */
    lesson: () => void labSh(['lesson', String(n)]),
    /** The host is gone at once; what it had written is all there at the next boot, synced or not. */
    cut: () => void labSh(['cut', String(n)]),
    /**
     * The same, and the next boot finds only what had been synced: `sync()` after arranging what must outlast it.
     * The end of the journal is lost too, so take the cursor to read on from after the boot.
     */
    cutPower: () => void labSh(['cut', String(n), '--unsynced-lost']),
    /** What is on the host's disk now, its journal included, outlasts a power cut. */
    sync: () => void run(['sh', '-c', 'journalctl --sync && sync --file-system /']),
    boot: () => void labSh(['boot', String(n)]),
    reboot: () => void labSh(['reboot', String(n)], { timeoutMs: 180_000 }),
    fresh: (options: { bare?: boolean } = {}) =>
      void labSh(['fresh', String(n), ...(options.bare === true ? ['--bare'] : [])], { timeoutMs: 180_000 }),
    /** Debian alone, as from a fresh card; `off`: without its first boot, for what is done to its `disk` before. */
    card: (options: { off?: boolean } = {}) =>
      void labSh(['fresh', String(n), '--card', ...(options.off === true ? ['--off'] : [])], {
        timeoutMs: 300_000,
      }),
    /** Where the host's root is on this machine. */
    disk: `${FOLDER}/hosts/${n}/root`,
    link: (state: 'up' | 'down') => void labSh(['link', String(n), state]),
    /** How the API server stand-in behaves from now on: see scripts/lab/stand-ins/apiserver.mjs. */
    apiServer(behaviour: ApiServerBehaviour): void {
      this.write('/etc/lab/apiserver.json', JSON.stringify(behaviour));
    },
    /** Milliseconds since each other node's etcd last answered; `null`: never. */
    etcdAges(): Record<string, number | null> {
      const report = JSON.parse(run(['cat', '/run/lab-etcd.json']).stdout) as EtcdReport;
      const stale = Date.now() - report.at;
      return Object.fromEntries(
        Object.entries(report.peers).map(([peer, { ageMs }]) => [
          peer,
          ageMs === null ? null : ageMs + stale,
        ]),
      );
    },
  };
}

export interface ApiServerBehaviour {
  readonly startSeconds?: number;
  readonly drainSeconds?: number;
  readonly hang?: boolean;
  readonly status?: number;
}

interface EtcdReport {
  readonly at: number;
  readonly peers: Readonly<Record<string, { readonly ageMs: number | null }>>;
}

/** What `lab.sh exec` says for a host that is off. */
const NOT_RUNNING = 125;

/** Changes files of the state repository, pushes, and gives the commit's id. */
function commit(changes: Changes, message: string, options: { force?: boolean } = {}): string {
  for (const [path, change] of Object.entries(changes)) {
    const file = join(STATE, path);
    if (change === null) rmSync(file, { recursive: true });
    else {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, typeof change === 'string' ? change : change(readOrEmpty(file)));
    }
  }
  labSh(['commit', '-m', message, ...(options.force === true ? ['--force'] : [])]);
  return lab.head();
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

function git(...args: string[]): string {
  return checked('git', ['-C', STATE, ...args]).stdout.trim();
}

function labSh(args: readonly string[], options: RunOptions = {}): Result {
  return checked(LAB_SH, args, options);
}

function checked(program: string, args: readonly string[], options: RunOptions = {}): Result {
  const { stdout, stderr, status, signal, error } = spawnSync(program, args, {
    input: options.input ?? '',
    encoding: 'utf8',
    timeout: options.timeoutMs ?? 60_000,
    maxBuffer: 256 * 1024 * 1024,
  });
  const said = `${program} ${args.join(' ')}`;
  if (error !== undefined) throw new Error(`${said}: ${error.message}`, { cause: error });
  if (status === null) throw new Error(`${said} was ended by ${signal}`);
  if (status !== 0 && options.allowFail !== true) {
    throw new Error(`${said} failed with exit code ${status}: ${(stderr || stdout).trim()}`);
  }
  return { stdout, stderr, exitCode: status };
}

/** Starts the client that asks the VIP every 20 ms. It ends with this process at the latest. */
function probe(): Probe {
  const child = spawn(LAB_SH, ['probe', '--json', '--leash'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('\n')) resolve();
    });
    child.once('error', reject);
    child.once('close', () => reject(new Error(`the probe ended by itself: ${errors.trim()}`)));
  });
  ready.catch(() => {}); // told by stop() too
  return {
    ready,
    async stop() {
      await ready;
      child.stdin.end();
      await ended;
      const report = output.trim().split('\n').at(-1) ?? '';
      return JSON.parse(report) as ProbeReport;
    },
  };
}
