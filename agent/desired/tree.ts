/**
 * The files of one commit (or of a plain directory), read-only. Paths are relative to the state repository's root
 * and use `/`. The real one is `agent/host/tree.ts`.
 */
export interface Tree {
  /**
   * `null`: no such file. Throws `TreeProblem` when the path is absolute, climbs out with `..`, passes a link that
   * leaves the repository, is not a regular file, or is larger than a state repository's file may be (1 MiB).
   */
  read(path: string): Promise<Uint8Array | null>;
  /** Names in a directory, sorted; empty when there is no such directory. */
  list(directory: string): Promise<readonly string[]>;
}

/** Why a path of the repository cannot be read; the message is a full sentence. */
export class TreeProblem extends Error {
  override readonly name = 'TreeProblem';
}
