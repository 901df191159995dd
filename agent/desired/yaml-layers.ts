import { addressOf, formatAddress } from '../resources/yaml-path.ts';
import type { Entries, Entry, LayerOf, Merged, Written } from './layers.ts';
import type { EditValue, YamlEntry } from './yaml-schema.ts';

/** What is wanted at an address: a value, or `null`: that nothing stands there. */
export type Edit = { readonly value: EditValue | null; readonly at: Written };

export type YamlFile = Pick<YamlEntry, 'notify' | 'requires'> & { readonly edits: ReadonlyMap<string, Edit> };

type Idle = Merged['idle'][number];

/** Later layers win, edit by edit. Whether one sets or removes, the address is what they have in common. */
export function mergeYaml(layers: readonly LayerOf[], idle: Idle[]): Entries<YamlFile> {
  const merged = new Map<string, Entry<YamlFile>>();
  for (const { source, value } of layers)
    for (const [path, entry] of Object.entries(value.yaml ?? {})) {
      const at: Written = { source, path: ['yaml', path] };
      if (entry !== null) merged.set(path, over(merged.get(path), entry, at, idle));
      else if (!merged.delete(path)) idle.push({ at, name: path, known: [...merged.keys()] });
    }
  return merged;
}

function over(
  lower: Entry<YamlFile> | undefined,
  entry: YamlEntry,
  at: Written,
  idle: Idle[],
): Entry<YamlFile> {
  const edits = new Map(lower?.value.edits);
  for (const [address, edit] of editsIn(entry, at)) {
    if (edit.value !== undefined) edits.set(address, { value: edit.value, at: edit.at });
    else if (!edits.delete(address)) idle.push({ at: edit.at, name: address, known: [...edits.keys()] });
  }
  const { notify = lower?.value.notify, requires = lower?.value.requires } = entry;
  const fields = Object.keys(entry).map((key) => [key, { ...at, path: [...at.path, key] }] as const);
  return {
    value: { edits, ...(notify && { notify }), ...(requires && { requires }) },
    at,
    fields: { ...lower?.fields, ...Object.fromEntries(fields) },
  };
}

/** `undefined`: takes out what an earlier layer says of the address. */
type Said = { readonly value: EditValue | null | undefined; readonly at: Written };

function editsIn(
  { set = {}, flags = {}, remove = [] }: YamlEntry,
  at: Written,
): readonly (readonly [string, Said])[] {
  const below = (...path: Written['path']): Written => ({ ...at, path: [...at.path, ...path] });
  return [
    ...remove.map((address, n) => [address, { value: null, at: below('remove', n) }] as const),
    ...Object.entries(set).map(
      ([address, value]) => [address, { value: value ?? undefined, at: below('set', address) }] as const,
    ),
    ...Object.entries(flags).flatMap(([list, named]) =>
      Object.entries(named).map(
        ([flag, value]) =>
          [
            formatAddress({ ...addressOf(list), flag }),
            { value: value ?? undefined, at: below('flags', list, flag) },
          ] as const,
      ),
    ),
  ];
}
