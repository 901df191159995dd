import { addressOf, formatAddress, formatPath } from '../resources/yaml-path.ts';
import type { Written } from './layers.ts';
import type { Edit } from './yaml-layers.ts';

type Contradiction = { readonly at: Written; readonly message: string };

/** Edits of one file that cannot all be: where a single value stands, or nothing, nothing stands inside it. */
export function contradictions(edits: ReadonlyMap<string, Edit>): readonly Contradiction[] {
  const spelt = new Map<string, string>();
  return [...edits].flatMap(([shown, { at }]): readonly Contradiction[] => {
    const outer = around(shown).find((address) => edits.has(address));
    if (outer !== undefined) return [{ at, message: inside(shown, outer, edits.get(outer)!) }];
    const { path, flag } = addressOf(shown);
    if (flag === null) return [];
    const read = formatAddress({ path, flag: flag.replaceAll('_', '-') });
    const twin = spelt.get(read);
    spelt.set(read, shown);
    if (twin === undefined) return [];
    return [{ at, message: `is ${twin} to Kubernetes, which reads _ as -. Leave one of the two.` }];
  });
}

/** Every address that leads to something that holds this one. */
function around(address: string): readonly string[] {
  const { path, flag } = addressOf(address);
  const inner = flag === null ? path.slice(0, -1) : path;
  return inner.map((_step, at) => formatPath(inner.slice(0, at + 1)));
}

const inside = (shown: string, outer: string, { value }: Edit): string =>
  `${shown} stands inside ${outer}, which is ${value === null ? 'named under remove' : 'given a single value'}. Leave one of the two.`;
