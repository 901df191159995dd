import type { BlobMemory, Bench, Clock, Host, Identity, Reader, StateDirectory } from '../host/host.ts';
import type { GitRepository } from '../host/git.ts';
import type { Earlier } from '../host/git-earlier.ts';
import type { LintProbes } from '../host/lint-probes.ts';
import type { HandOverPort } from '../host/hand-over.ts';
import type { Keeping } from '../host/others-may.ts';
import type { Probes } from '../host/probes.ts';
import type { Age, Opened } from '../host/age.ts';
import type { Taken } from '../host/lock.ts';
import type { Ask } from '../host/status-asker.ts';
import type { Listen } from '../host/status-listener.ts';
import type { TextfilePort } from '../fleet/textfile.ts';
import type { Tree } from '../desired/tree.ts';
import type { Systemd } from '../host/systemd.ts';
import type { Log } from '../report/log.ts';

/** The options that every command takes. */
export type CommonOptions = { readonly config?: string; readonly root?: string; readonly json?: boolean };

/** The ways to the outside. `main.ts` makes the real ones; nothing else does. */
export type Machine = TextfilePort & {
  openHost(blobs: BlobMemory): Host;
  openImage(root: string, blobs: BlobMemory): Host;
  openBench(reader: Reader): Bench;
  openStateDirectory(path: string): StateDirectory;
  openGit(stateDirectory: string): Promise<GitRepository>;
  openTree(directory: string): Tree;
  /** Earlier commits of a checkout; `null`: there is nothing to compare with. */
  openEarlier(directory: string): Promise<Earlier | null>;
  readIdentity(): Identity;
  readImageIdentity(root: string): Identity;
  /** Of this boot: half-made checkouts of an earlier one are not trusted. */
  bootId(): Promise<string>;
  /** Text of a file outside the state directory, and who may read or change it; `null`: there is none. */
  readConfig(path: string): ConfigFile | null;
  /** A sentence when others can change, or read, a file that the agent trusts: see `host/others-may.ts`. */
  whatOthersMay(path: string, keeping: Keeping): string | null;
  /** Loaded when a secret is opened or sealed. */
  openAge(): Promise<Age>;
  /** Opens secrets with the private keys in this file, which are read when there is one to open. */
  openUnlock(identityFile: string): (file: Uint8Array) => Promise<Opened>;
  /** The private keys in a file, newest first; `null`: there is none. Throws a sentence when it cannot be used. */
  readIdentities(path: string): readonly string[] | null;
  writeIdentities(
    path: string,
    identity: string,
    publicHalf: string,
    older: readonly string[],
  ): Promise<void>;
  /** Changes whenever the file does; `null`: it is not there. */
  identityStamp(path: string): string | null;
  /** From standard input, or typed without being shown; `null`: it is too large. */
  readHidden(prompt: string, write: (text: string) => void): Promise<Uint8Array | null>;
  /** A file of a state repository that somebody edits here: whole or not at all. */
  writeInRepository(directory: string, file: string, text: string): Promise<void>;
  writeRendered(folder: string, files: ReadonlyMap<string, RenderedFile>): void;
  /** Loaded when a change asks for them. */
  openHandOver(): HandOverPort;
  openProbes(host: Host, remote: Probes['remote']): Promise<Probes>;
  openLintProbes(host: Host): Promise<LintProbes>;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  takeLock(path: string, command: string, waitMs: number): Promise<Taken>;
  /** Of another host, and of this one's agent. */
  readonly askStatus: Ask;
  readonly listenForStatus: Listen;
  readonly clock: Clock;
  tidyMemory(): void;
};

export type ConfigFile = { readonly text: string; readonly othersMay: string | null };
export type RenderedFile = { readonly bytes: Uint8Array; readonly secret: boolean };

export type Environment = {
  readonly release: string;
  /** Who runs this command: the name that they logged in with. */
  readonly user: string;
  readonly machine: Machine;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly colour: boolean;
  /** True when somebody watches: progress is for them. */
  readonly watched: boolean;
  readonly log: Log;
  readonly systemd: Systemd;
  /** Calls again and again until the function that it gives back is called. */
  readonly every: (ms: number, act: () => void) => () => void;
  readonly onSignal: (signal: 'SIGHUP' | 'SIGTERM' | 'SIGINT', act: () => void) => void;
};

/** Exit codes, the same for every command; README and `holdfast help` say them. */
export const EXIT = {
  ok: 0,
  failed: 1,
  changes: 2,
  refused: 3,
  noDesiredState: 4,
  held: 5,
  usage: 64,
  locked: 75,
} as const;

/** A sentence for the person who called, and the exit code that goes with it. */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused';
  readonly exitCode: number;
  constructor(sentence: string, exitCode: number = EXIT.failed) {
    super(sentence);
    this.exitCode = exitCode;
  }
}
