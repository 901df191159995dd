import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Document, Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { Obstacle } from './yaml-obstacle.ts';
import { formatPath, type Address, type Step } from './yaml-path.ts';

/** A map or a list of the document, and which of its entries it is about; -1: none yet. */
export type Place = {
  readonly list: YAMLMap | YAMLSeq;
  readonly at: number;
  /** What stands there, as JSON; `null`: no such entry. */
  readonly is: string | null;
  /** The scalar that holds it. */
  readonly scalar: Scalar | null;
};
export type Missing = { readonly missing: string };

/** Where in the document an address leads. Throws a clause when it cannot be said, or must not be edited there. */
export function placeOf(document: Document, { path, flag }: Address): Place | Missing {
  const inner = flag === null ? path.slice(0, -1) : path;
  let node: unknown = document.contents;
  const way: Step[] = [];
  for (const step of inner) {
    way.push(step);
    const next = 'key' in step ? valueAt(node, step.key, way) : itemAt(node, step, way);
    if (next === null) return { missing: missing(node, step, way) };
    node = next;
  }
  return flag === null ? keyIn(node, path, inner) : flagIn(node, flag, inner);
}

function keyIn(node: unknown, path: readonly Step[], inner: readonly Step[]): Place | Missing {
  const last = path.at(-1)!;
  const shown = formatPath(path);
  if (!('key' in last))
    throw new Obstacle(node, `${shown} is an item of a list, and only single values are edited`);
  if (isEmpty(node)) return { missing: `${formatPath(inner) || 'the document'} holds nothing` };
  const map = mapAt(node, inner);
  const at = map.items.findIndex((pair) => keyOf(pair) === last.key);
  const value = map.items[at]?.value;
  if (at < 0) return { list: map, at, is: null, scalar: null };
  const scalar = editable(value, shown);
  return { list: map, at, is: jsonOf(scalar), scalar };
}

function flagIn(node: unknown, flag: string, path: readonly Step[]): Place | Missing {
  const shown = formatPath(path);
  if (isEmpty(node)) return { missing: `${shown} holds nothing` };
  const list = listAt(node, path);
  const found = list.items.flatMap((item, at) => (argumentOf(item, flag) ? [at] : []));
  if (found.length > 1)
    throw new Obstacle(
      list.items[found[1]!],
      `${shown} holds ${flag} ${found.length} times, and which one counts is not for Holdfast to say. Leave one`,
    );
  const [at] = found;
  if (at === undefined) return { list, at: -1, is: null, scalar: null };
  const scalar = editable(list.items[at], `${shown}[${flag}]`);
  const text = String(scalar.value);
  const after = list.items[at + 1];
  if (text === flag && isScalar(after) && !String(after.value).startsWith('-'))
    throw new Obstacle(
      scalar,
      `${shown} holds ${flag} and its value as two items. Write them as one, ${flag}=VALUE`,
    );
  // One that stands alone is not one with an empty value.
  return {
    list,
    at,
    is: text === flag ? 'true' : JSON.stringify(text.slice(flag.length + 1)),
    scalar,
  };
}

const argumentOf = (item: unknown, flag: string): boolean => {
  if (!isScalar(item)) return false;
  const text = String(item.value);
  return text === flag || text.startsWith(`${flag}=`);
};

function valueAt(node: unknown, key: string, way: readonly Step[]): Node | null {
  if (isEmpty(node)) return null;
  const pair = mapAt(node, way.slice(0, -1)).items.find((one) => keyOf(one) === key);
  return (pair?.value as Node | null | undefined) ?? null;
}

function itemAt(node: unknown, { by, is }: Extract<Step, { by: string }>, way: readonly Step[]): Node | null {
  if (isEmpty(node)) return null;
  const items = listAt(node, way.slice(0, -1)).items.filter((item): item is YAMLMap => {
    if (isAlias(item)) throw new Obstacle(item, aliasAt(way));
    return isMap(item) && nameOf(item, by) === is;
  });
  if (items.length > 1)
    throw new Obstacle(items[1], `${formatPath(way)} is said of ${items.length} items, not of one`);
  return items[0] ?? null;
}

const nameOf = (item: YAMLMap, by: string): string | null => {
  const value = item.items.find((pair) => keyOf(pair) === by)?.value;
  return isScalar(value) ? String(value.value) : null;
};

/** Also what would have been there: the name is misspelt, most likely. */
function missing(node: unknown, step: Step, way: readonly Step[]): string {
  const shown = formatPath(way);
  if ('key' in step || !isSeq(node)) return `it has no ${shown}`;
  const names = node.items.flatMap((item) => (isMap(item) ? (nameOf(item, step.by) ?? []) : []));
  return `it has no ${shown}${names.length === 0 ? '' : `, only ${step.by} ${names.slice(0, 5).join(', ')}`}`;
}

function mapAt(node: unknown, way: readonly Step[]): YAMLMap {
  const map = collection(node, way);
  if (!isMap(map)) throw new Obstacle(map, `${formatPath(way) || 'the document'} is not a map of keys`);
  if (map.items.some((pair) => keyOf(pair) === '<<'))
    throw new Obstacle(map, `${formatPath(way)} takes values from elsewhere ("<<"). Write them out`);
  return map;
}

function listAt(node: unknown, way: readonly Step[]): YAMLSeq {
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

const aliasAt = (way: readonly Step[]): string =>
  `${formatPath(way)} is an alias (*), and an edit through it would change other places. Write it out`;

function editable(value: unknown, shown: string): Scalar {
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
const isEmpty = (node: unknown): boolean =>
  node === null ||
  node === undefined ||
  (isScalar(node) && (node.value === null || node.value === undefined));

const keyOf = ({ key }: Pair): string | null => (isScalar(key) ? String(key.value) : null);

/** Numbers that JSON does not know (.inf, .nan) as they are written. */
const jsonOf = ({ value, source }: Scalar): string =>
  typeof value === 'number' && !Number.isFinite(value)
    ? (source ?? String(value))
    : (JSON.stringify(value) ?? 'null');
