/**
 * The word that was probably meant, or `null` when nothing is close enough to be worth a question. Another number is
 * another thing, not a slip: kubernetes-node-4 was not meant to be kubernetes-node-1.
 */
export function closest(word: string, known: Iterable<string>): string | null {
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: { readonly word: string; readonly distance: number } | null = null;
  for (const candidate of known) {
    if (withoutDigits(candidate) === withoutDigits(word) || Math.abs(candidate.length - word.length) > limit)
      continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= limit && (best === null || distance < best.distance))
      best = { word: candidate, distance };
  }
  return best?.word ?? null;
}

const withoutDigits = (text: string): string => text.replace(/\d/g, '#');

/** ` Did you mean "x"?` with a space before it, or nothing: made to be put behind a sentence. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const meant = closest(word, known);
  return meant === null ? '' : ` Did you mean "${meant}"?`;
}

/** Insertions, deletions, replacements and swapped neighbours each count one (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let twoAbove: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (twoAbove[j - 2] ?? 0) + 1);
      row.push(best);
    }
    [twoAbove, above] = [above, row];
  }
  return above[b.length] ?? 0;
}
