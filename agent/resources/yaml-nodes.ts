import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { Obstacle } from './yaml-obstacle.ts';
import { formatPath, type Step } from './yaml-path.ts';

/** What stands in a document, as what it must be for an edit there; throws a clause where it is not. */

export function mapAt(node: unknown, way: readonly Step[]): YAMLMap {
  const map = collection(node, way);
  if (!isMap(map)) throw new Obstacle(map, `${formatPath(way) || 'the document'} is not a map of keys`);
  if (map.items.some((pair) => keyOf(pair) === '<<'))
    throw new Obstacle(map, `${formatPath(way)} takes values from elsewhere ("<<"). Write them out`);
  return map;
}

export function listAt(node: unknown, way: readonly Step[]): YAMLSeq {
  const list = collection(node, way);
  if (!isSeq(list)) throw new Obstacle(list, `${formatPath(way)} is not a list`);
  return list;
}

function collection(node: unknown, way: readonly Step[]): unknown {
  if (isAlias(node)) throw new Obstacle(node, aliasAt(way));
  // What has an anchor stands in other places as well.
  if ((isMap(node) || isSeq(node)) && node.anchor !== undefined)
    throw new Obstacle(
      node,
      `${formatPath(way)} has an anchor (&${node.anchor}), and other places may mean it. Write them out`,
    );
  return node;
}

export const aliasAt = (way: readonly Step[]): string =>
  `${formatPath(way)} is an alias (*), and an edit through it would change other places. Write it out`;

export function editable(value: unknown, shown: string): Scalar {
  if (isAlias(value))
    throw new Obstacle(
      value,
      `${shown} is an alias (*), and an edit would change other places. Write it out`,
    );
  if (!isScalar(value))
    throw new Obstacle(value, `${shown} is a map or a list, and only single values are edited`);
  if (value.anchor !== undefined)
    throw new Obstacle(
      value,
      `${shown} has an anchor (&${value.anchor}), and other places may mean it. Write them out`,
    );
  if (value.tag !== undefined)
    throw new Obstacle(
      value,
      `${shown} has a tag (${value.tag}), and only plain values are edited. Edit it by hand`,
    );
  if (value.type === 'BLOCK_LITERAL' || value.type === 'BLOCK_FOLDED')
    throw new Obstacle(
      value,
      `${shown} is a text of several lines, and only single lines are edited. Edit it by hand`,
    );
  return value;
}

/** An entry without a value, as in `annotations:`. */
export const isEmpty = (node: unknown): boolean =>
  node === null ||
  node === undefined ||
  (isScalar(node) && (node.value === null || node.value === undefined));

export const keyOf = ({ key }: Pair): string | null => (isScalar(key) ? String(key.value) : null);
