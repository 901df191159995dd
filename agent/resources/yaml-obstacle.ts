import { LineCounter, type Node } from 'yaml';

/** Why a place is not edited, as a clause, and where in the file that stands. */
export class Obstacle extends Error {
  override readonly name = 'Obstacle';
  /** In characters from the beginning of the file; `null`: it stands nowhere. */
  readonly at: number | null;
  constructor(at: unknown, clause: string) {
    super(clause);
    this.at = typeof at === 'number' ? at : ((at as Partial<Node> | null)?.range?.[0] ?? null);
  }
}

/** What is thrown below is a clause about the file: becomes a sentence that says where. */
export function inWords<T>(path: string, text: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    const at = cause instanceof Obstacle && cause.at !== null ? `:${lineAndColumn(text, cause.at)}` : '';
    throw new Error(`${path}${at}: ${cause instanceof Error ? cause.message : String(cause)}.`, { cause });
  }
}

function lineAndColumn(text: string, at: number): string {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) lines.addNewLine(end + 1);
  const { line, col } = lines.linePos(at);
  return `${line}:${col}`;
}
