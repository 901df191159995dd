/**
 * The port: everything Holdfast may ask of, or do to, a host. Nothing outside `agent/host/` touches the
 * file system, a process or the kernel. Planning is given a `Reader`, which cannot write; only the
 * transaction is given a `Host`.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Bytes by name. The bytes are in the blob store; a state, a plan and the journal hold only this. */
export type BlobRef = { readonly sha256: string; readonly size: number };

/** Where bytes go by their digest. `remember` keeps them for this cycle only; the transaction keeps them on disk. */
export interface BlobMemory {
  remember(bytes: Uint8Array): BlobRef;
  /** Throws when nobody remembers these bytes and the store on disk does not have them. */
  bytes(ref: BlobRef): Uint8Array;
  text(ref: BlobRef): string;
}

/** A regular file as it is: bytes, permission bits (0o7777), owner and group by name (by number where no name exists). */
export type FileOnDisk = {
  readonly content: BlobRef;
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
};

/** Read-only commands. `is-enabled` and `dpkg-query` exit non-zero for good reasons: `answers` says which codes are answers. */
export type Query =
  | readonly ['systemctl', 'show' | 'is-enabled', ...string[]]
  | readonly ['dpkg-query', ...string[]]
  | readonly ['apt-cache', ...string[]]
  | readonly ['iptables-save' | 'ip6tables-save', ...string[]]
  | readonly ['ss', ...string[]]
  | readonly ['sshd', '-T'];

export type Ran = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

export interface FileReader extends BlobMemory {
  /** `null`: nothing is there. Throws when it is there and cannot be read, or is not a regular file (a link is not followed). */
  read(path: string): Promise<FileOnDisk | null>;
  /** The topmost directory on the way to `path` that does not exist; `null` when the parent is there. */
  missingDirectory(path: string): Promise<string | null>;
  /** Names in a directory, sorted; `null`: no such directory. */
  list(directory: string): Promise<readonly string[] | null>;
  /** Changes whenever the file does (inode, size, mtime in ns); `null`: absent. Cheaper than reading. */
  stamp(path: string): Promise<string | null>;
  /** Whether there is an account, or a group, of this name. */
  knows(what: 'owner' | 'group', name: string): Promise<boolean>;
}

export interface LiveReader {
  /** Runs a read-only command with a time-out; its exit code is the caller's to judge. */
  query(argv: Query): Promise<Ran>;
  /**
   * A kernel parameter's value as `/proc/sys` gives it, without the newline; `null`: the kernel has none of this
   * name. `path` is below /proc/sys and uses `/`, as in `net/ipv4/ip_forward`.
   */
  kernel(path: string): Promise<string | null>;
}

/** `live` is null for an image at rest: nothing runs there. */
export interface Reader {
  readonly files: FileReader;
  readonly live: LiveReader | null;
}

export interface FileWriter extends FileReader {
  /** Atomic: a dot-named temporary file beside it, fsync, rename, fsync of the folder. Missing folders are made, 0755 root. */
  write(path: string, to: FileOnDisk): Promise<void>;
  /** Removes the file, and then every folder from its parent up to and including `upTo` that has become empty. */
  remove(path: string, upTo: string | null): Promise<void>;
}

export interface Live extends LiveReader {
  /** Loads what `run` needs, so that an upgrade of the program cannot take it away in the middle of a change. */
  ready(): Promise<void>;
  /** Runs a command that changes the host. Throws `CommandFailed` unless it exits 0. Never put a secret in argv. */
  run(argv: readonly string[], options?: { readonly timeoutMs?: number }): Promise<string>;
  setKernel(path: string, value: string): Promise<void>;
  /** Lets the host go on for so long, between two looks at what comes by itself. */
  pause(forMs: number): Promise<void>;
}

export interface Host extends Reader {
  readonly files: FileWriter;
  readonly live: Live | null;
}

export type Verdict = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** Preflight's view: it reads, and runs validators on copies laid out under a folder of its own. It cannot write the host. */
export interface Bench extends Reader {
  /**
   * Lays `staged` (absolute path → bytes) out under a fresh private folder and runs `argv` with every `{file}`
   * replaced by the staged copy of `path`. Only exit 0 within `timeoutMs` is ok; `why` quotes what it printed.
   */
  check(
    argv: readonly string[],
    path: string,
    staged: ReadonlyMap<string, FileOnDisk>,
    timeoutMs: number,
  ): Promise<Verdict>;
}

/** Who this machine is: the short lower-case hostname, and the addresses on its interfaces (IPv4 and IPv6, without prefix). */
export type Identity = {
  readonly hostname: string;
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  /** The same addresses with their prefix lengths, as in `10.1.1.2/16`. Absent: nobody knows them (an image at rest). */
  readonly networks?: ReadonlyMap<string, readonly string[]>;
};

export interface Clock {
  /** Wall clock, ms since 1970. */
  now(): number;
  /** Never jumps, ms since boot. */
  monotonicMs(): number;
}

/** A small durable folder: the state directory. Names are relative to it and may hold one `/`. */
export interface StateDirectory {
  readonly path: string;
  read(name: string): Promise<Uint8Array | null>;
  /** Atomic and durable (fsync of file and folder), mode 0600. */
  replace(name: string, bytes: Uint8Array | string): Promise<void>;
  /**
   * Durable: puts `bytes` after the first `at` bytes of the file, which is made if `at` is 0. What came after them is
   * cut off first: it is the rest of a write that failed.
   */
  append(name: string, bytes: Uint8Array, at: number): Promise<void>;
  remove(name: string): Promise<void>;
  list(folder: string): Promise<readonly string[]>;
  /** In bytes; `null`: there is none. */
  size(name: string): Promise<number | null>;
}
