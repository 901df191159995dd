/** Why a line is not a rule, as a full sentence with the way out. */
export class RuleProblem extends Error {
  override readonly name = 'RuleProblem';
}

/** Splits a line as a shell would: spaces, '…' and "…"; nothing is expanded. */
export function splitWords(text: string): readonly string[] {
  const words: string[] = [];
  for (const [, single, double, bare, stray] of text.matchAll(/'([^']*)'|"([^"]*)"|([^\s'"]+)|(['"])/g)) {
    if (stray !== undefined) throw new RuleProblem(`A quotation mark (${stray}) is never closed. Close it.`);
    words.push(single ?? double ?? bare!);
  }
  return words;
}

/** A word as it must be written for `splitWords` to give it back. */
export const quoted = (word: string): string => (/^[^\s'"]+$/.test(word) ? word : `'${word}'`);

/** ` Did you mean "x"?`, or nothing: letters in another order count as near, too. */
export function meant(word: string, known: readonly string[]): string {
  const letters = (of: string): string => [...of].toSorted().join('');
  const written = word.toLowerCase();
  const isNear = (candidate: string): boolean =>
    letters(written) === letters(candidate) || distance(written, candidate) <= (candidate.length > 4 ? 2 : 1);
  const near = known.find(isNear);
  return near === undefined ? '' : ` Did you mean "${near}"?`;
}

function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [row, letter] of [...a].entries()) {
    const next = [row + 1];
    for (const [column, other] of [...b].entries())
      next.push(
        Math.min(above[column + 1]! + 1, next[column]! + 1, above[column]! + (letter === other ? 0 : 1)),
      );
    above = next;
  }
  return above.at(-1)!;
}
