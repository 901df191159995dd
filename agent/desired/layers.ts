import { ORIGINS, saysWhence, type FileEntry } from './file-schema.ts';
import type { KeyPath } from './key-path.ts';
import type { Layer, UnitEntry } from './layer-schema.ts';
import { mergeYaml, type YamlFile } from './yaml-layers.ts';
import type { YamlSource } from './yaml-source.ts';

/** Where something is written. */
export type Written = { readonly source: YamlSource; readonly path: KeyPath };
/** `at`: the last layer that speaks of the entry. `fields`: which layer each field comes from. */
export type Entry<Value> = {
  readonly value: Value;
  readonly at: Written;
  readonly fields: Readonly<Record<string, Written>>;
};
export type Entries<Value> = ReadonlyMap<string, Entry<Value>>;
export type LayerOf = { readonly source: YamlSource; readonly value: Layer };

export type Merged = {
  readonly files: Entries<FileEntry>;
  readonly yaml: Entries<YamlFile>;
  readonly sysctls: Entries<string>;
  readonly units: Entries<UnitEntry>;
  readonly packages: Entries<'present'>;
  readonly ufw: {
    readonly enabled: { readonly value: boolean; readonly at: Written } | null;
    /** `null`: no layer says anything about rules. */
    readonly rules: {
      readonly at: Written;
      readonly texts: readonly { readonly text: string; readonly at: Written }[];
    } | null;
  };
  /** `null`s that took nothing out: a misspelt name, most likely. */
  readonly idle: readonly {
    readonly at: Written;
    readonly name: string;
    readonly known: readonly string[];
  }[];
};

/** Later layers win: entry by entry, and within an entry field by field. */
export function mergeLayers(layers: readonly LayerOf[]): Merged {
  const idle: { at: Written; name: string; known: readonly string[] }[] = [];
  const merge = <Value>(
    section: 'files' | 'sysctls' | 'units' | 'packages',
    over: Over<Value>,
  ): Entries<Value> => {
    const merged = new Map<string, Entry<Value>>();
    for (const { source, value } of layers) {
      const entries = (value[section] ?? {}) as Readonly<Record<string, Value | null>>;
      for (const [name, entry] of Object.entries(entries)) {
        const at = { source, path: [section, name] };
        if (entry !== null) merged.set(name, over(merged.get(name), entryAt(entry, at)));
        else if (!merged.delete(name)) idle.push({ at, name, known: [...merged.keys()] });
      }
    }
    return merged;
  };
  return {
    files: merge<FileEntry>('files', fileOver),
    yaml: mergeYaml(layers, idle),
    sysctls: merge<string>('sysctls', replaced),
    units: merge<UnitEntry>('units', fieldByField),
    packages: merge<'present'>('packages', replaced),
    ufw: mergeUfw(layers),
    idle,
  };
}

type Over<Value> = (lower: Entry<Value> | undefined, upper: Entry<Value>) => Entry<Value>;

const replaced = <Value>(_: Entry<Value> | undefined, upper: Entry<Value>): Entry<Value> => upper;

const fieldByField = <Value extends object>(
  lower: Entry<Value> | undefined,
  upper: Entry<Value>,
): Entry<Value> =>
  lower
    ? {
        value: { ...lower.value, ...upper.value },
        at: upper.at,
        fields: { ...lower.fields, ...upper.fields },
      }
    : upper;

/** An entry that says anew where the bytes come from replaces what an earlier layer said of that; `absent` replaces all. */
function fileOver(lower: Entry<FileEntry> | undefined, upper: Entry<FileEntry>): Entry<FileEntry> {
  if (!lower || upper.value.absent) return upper;
  if (!ORIGINS.some((origin) => saysWhence(upper.value, origin))) return fieldByField(lower, upper);
  const value = { ...lower.value };
  for (const origin of ORIGINS) if (saysWhence(value, origin)) delete value[origin];
  return fieldByField({ ...lower, value }, upper);
}

function entryAt<Value>(value: Value, at: Written): Entry<Value> {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const fields = keys.map((key) => [key, { source: at.source, path: [...at.path, key] }] as const);
  return { value, at, fields: Object.fromEntries(fields) };
}

/** Rules of all layers add up in order. Repetitions are dropped after rendering, when it is known what they say. */
function mergeUfw(layers: readonly LayerOf[]): Merged['ufw'] {
  const written = <Value>(key: 'enabled' | 'rules', pick: (layer: Layer) => Value | undefined) =>
    layers.flatMap(({ source, value: layer }) => {
      const value = pick(layer);
      return value === undefined ? [] : [{ value, at: { source, path: ['ufw', key] } }];
    });
  const enabled = written('enabled', ({ ufw }) => ufw?.enabled).at(-1) ?? null;
  const rules = written('rules', ({ ufw }) => ufw?.rules);
  const texts = rules.flatMap(({ value, at }) =>
    value.map((text, index) => ({ text, at: { ...at, path: [...at.path, index] } })),
  );
  const last = rules.at(-1);
  return { enabled, rules: last ? { at: last.at, texts } : null };
}

/** The entry in the layer that says what is in the file, which later ones may only add to: that is what people look for. */
export function bytesAt({ value, at, fields }: Entry<FileEntry>): Written {
  const origin = ORIGINS.find((one) => saysWhence(value, one));
  const field = origin === undefined ? undefined : fields[origin];
  return { source: (field ?? at).source, path: at.path };
}
