import { isAlias, isMap, isNode, isScalar, isSeq, type Document, type Node, type YAMLMap } from 'yaml';
import type { KeyPath } from './key-path.ts';

type Pair = { readonly key: Node; readonly value: Node | null };

/**
 * Finds the node that a path of keys names: the key or the value. Where the path leaves what is written, the key of
 * the deepest map that should have held the rest; where a value is empty, its key.
 */
export function locator(doc: Document): (path: KeyPath, on: 'key' | 'value') => Node | null {
  const indexes = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();
  return (path, on) => {
    let node: Node | null = doc.contents;
    let spot: Node | null = node;
    for (const step of path) {
      const inside: unknown = isAlias(node) ? node.resolve(doc) : node;
      if (isMap(inside)) {
        const pair = indexOf(inside).get(String(step));
        if (pair === undefined) return spot;
        [spot, node] = [pair.key, pair.value];
      } else if (isSeq(inside)) {
        const item: unknown = inside.items[Number(step)];
        if (!isNode(item)) return spot;
        [spot, node] = [item, item];
      } else return spot;
    }
    const isEmpty = node === null || (isScalar(node) && node.range?.[0] === node.range?.[1]);
    return on === 'key' || isEmpty ? spot : node;
  };

  function indexOf(map: YAMLMap): ReadonlyMap<string, Pair> {
    const known = indexes.get(map);
    if (known) return known;
    const index = new Map<string, Pair>();
    for (const { key, value } of map.items)
      if (isScalar(key)) index.set(String(key.value), { key, value: isNode(value) ? value : null });
    indexes.set(map, index);
    return index;
  }
}
