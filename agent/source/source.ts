import type { Candidate, NoDesiredState, Refusal } from '../desired/candidate.ts';
import type { Commit } from '../report/status.ts';
import type { Generation } from '../transaction/generations.ts';
import type { Pinned } from '../transaction/ledger.ts';

/** What following the repository found this time. */
export type Found = {
  /**
   * `'committed'`: the newest commit is the one whose generation is in force, so nothing need be rendered.
   * `null`: there is no commit to speak of (offline before the first fetch, an empty repository).
   */
  readonly newest: Candidate | Refusal | NoDesiredState | 'committed' | null;
  /** The head that its history allows, and that it came from. */
  readonly head: Commit | null;
  /** Its signature is refused: `newest` says why, and the head is not accepted. */
  readonly unverified?: true;
  readonly ok: boolean;
  /** Why the repository could not be followed, as a sentence. */
  readonly why: string | null;
  /**
   * An older generation that a person asked for again (`holdfast rollback`), and what holds newer commits back once it
   * is in force. `head` is its commit then, and no step forward: accepted history stays where it is. Neither a pause,
   * nor quarantine, nor an unwell virtual IP holds it: the person has been told, and may be mending just that.
   */
  readonly again?: Pinned;
};

/** Where desired state comes from: a Git repository, or a directory (`converge --from DIR`). */
export interface Source {
  newest(before: { readonly accepted: string | null; readonly committed: Generation | null }): Promise<Found>;
}
