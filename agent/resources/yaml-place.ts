import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Document, Node, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { kubeletReads } from './kubelet-yaml.ts';
import { aliasAt, editable, isEmpty, keyOf, listAt, mapAt } from './yaml-nodes.ts';
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
  const twin = list.items.find((item) => isSpeltOtherwise(item, flag));
  if (twin !== undefined) throw new Obstacle(twin, twinClause(shown, twin, flag));
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

/** Kubernetes reads _ in the name of an argument as - (WordSepNormalizeFunc in k8s.io/component-base/cli/flag). */
const isSpeltOtherwise = (item: unknown, flag: string): boolean =>
  nameOfArgument(item) !== flag && nameOfArgument(item).replaceAll('_', '-') === flag.replaceAll('_', '-');
const nameOfArgument = (item: unknown): string =>
  isScalar(item) ? (/^--[^=]+/.exec(String(item.value))?.[0] ?? '') : '';
const twinClause = (shown: string, twin: unknown, flag: string): string =>
  `${shown} holds ${nameOfArgument(twin)}, which Kubernetes reads as ${flag}. Write it with the one spelling, in the file or in the desired state`;

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

/** As kubelet reads it: who wishes a 10 has not got it where `010` stands. Numbers that JSON does not know (.inf) as they are written. */
function jsonOf({ value, source, type }: Scalar): string {
  const read = type === 'PLAIN' && source !== undefined ? kubeletReads(source, value) : value;
  if (typeof read === 'number' && !Number.isFinite(read)) return source ?? String(read);
  return JSON.stringify(read) ?? 'null';
}
