import type { Commit } from './git-objects.ts';

const MOST = 64;

/**
 * What was once learnt of the repository and cannot change: a commit's own words, and which commit comes before
 * which. It spares the daemon a process a cycle. `heads` is what our refs were when we last read them.
 */
export class Facts {
  readonly heads = new Map<string, string>();
  readonly #commits = new Map<string, Commit>();
  readonly #ancestries = new Map<string, boolean>();

  async commit<Absent extends string>(
    name: string,
    ask: () => Promise<Commit | Absent>,
  ): Promise<Commit | Absent> {
    const known = this.#commits.get(name);
    if (known !== undefined) return known;
    const found = await ask();
    // Only by its whole name: a ref moves, and an abbreviation may become ambiguous.
    if (typeof found !== 'string') remember(this.#commits, found.sha, found);
    return found;
  }

  async ancestry(pair: string, ask: () => Promise<boolean>): Promise<boolean> {
    const known = this.#ancestries.get(pair) ?? (await ask());
    remember(this.#ancestries, pair, known);
    return known;
  }

  /** The repository was thrown away or made anew. */
  forget(): void {
    this.heads.clear();
    this.#commits.clear();
    this.#ancestries.clear();
  }
}

function remember<Value>(known: Map<string, Value>, key: string, value: Value): void {
  if (known.size >= MOST) known.clear();
  known.set(key, value);
}
