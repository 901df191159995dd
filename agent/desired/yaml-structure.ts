import { isAlias, isMap, isScalar, isSeq, type Document } from 'yaml';
import type { KeyPath } from './key-path.ts';

/** `at`, `firstAt`: offsets into the text. */
export type StructureProblem =
  | { readonly path: KeyPath; readonly at: number; readonly duplicateOf: number }
  | { readonly path: KeyPath; readonly at: number; readonly unknownAlias: true };

/**
 * Keys that stand twice in one map, and aliases without an anchor. The yaml package finds the first too, but in
 * quadratic time and without the path; the second only while it converts, and then it throws.
 */
export function structureProblems(doc: Document): readonly StructureProblem[] {
  const found: StructureProblem[] = [];
  visit(doc.contents, []);
  return found;

  function visit(node: unknown, path: KeyPath): void {
    if (isAlias(node) && node.resolve(doc) === undefined)
      found.push({ path, at: node.range?.[0] ?? 0, unknownAlias: true });
    if (isSeq(node)) node.items.forEach((item, index) => visit(item, [...path, index]));
    if (!isMap(node)) return;
    const seen = new Map<string, number>();
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue;
      const name = String(key.value);
      const at = key.range?.[0] ?? 0;
      const first = seen.get(name);
      if (first === undefined) seen.set(name, at);
      else found.push({ path: [...path, name], at, duplicateOf: first });
      visit(value, [...path, name]);
    }
  }
}
