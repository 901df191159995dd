import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeLayers, type LayerOf, type Merged } from '../../../agent/desired/layers.ts';
import type { Layer } from '../../../agent/desired/layer-schema.ts';
import { parseYaml } from '../../../agent/desired/yaml-source.ts';

const { source } = parseYaml('any.yaml', '{ a: 1 }');
const layer = (value: Layer): LayerOf => ({ source: source!, value });
const merged = (...layers: readonly Layer[]): Merged => mergeLayers(layers.map(layer));
/** The values alone, in the order of their names. */
const values = ({ files, sysctls, units, packages, ufw }: Merged): unknown => ({
  ...Object.fromEntries(
    Object.entries({ files, sysctls, units, packages }).map(([section, entries]) => [
      section,
      [...entries].map(([name, { value }]) => ({ name, value })).sort((a, b) => (a.name < b.name ? -1 : 1)),
    ]),
  ),
  enabled: ufw.enabled?.value,
  rules: ufw.rules?.texts.map(({ text }) => text),
});

const names = fc.constantFrom('a', 'b', 'c');
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const present = <T extends object>(record: fc.Arbitrary<T>) =>
  record.map(
    (value) => Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T,
  );
const origin = fc.oneof(
  fc.record({ template: fc.constantFrom('t1', 't2') }),
  fc.record({ content: fc.constantFrom('c1', 'c2') }),
  fc.record({ source: fc.constantFrom('s1', 's2') }),
  fc.constant({}),
);
const fileEntry = fc
  .tuple(
    origin,
    present(
      fc.record({ mode: optional(fc.constantFrom('0600', '0644')), owner: optional(fc.constant('root')) }),
    ),
  )
  .map(([from, fields]) => ({ ...from, ...fields }));
const section = <T>(entry: fc.Arbitrary<T>) => fc.dictionary(names, fc.option(entry, { nil: null }));
const anyLayer = present(
  fc.record({
    files: optional(section(fc.oneof(fileEntry, fc.constant({ absent: true as const })))),
    sysctls: optional(section(fc.constantFrom('0', '1'))),
    units: optional(
      section(present(fc.record({ enabled: optional(fc.boolean()), running: optional(fc.boolean()) }))),
    ),
    packages: optional(section(fc.constant('present' as const))),
    ufw: optional(
      present(
        fc.record({
          enabled: optional(fc.boolean()),
          rules: optional(fc.array(fc.constantFrom('r1', 'r2'))),
        }),
      ),
    ),
  }),
) as fc.Arbitrary<Layer>;
const anyLayers = fc.array(anyLayer, { maxLength: 5 });

describe('layers', () => {
  it('are unchanged by an empty layer, wherever it stands', () => {
    fc.assert(
      fc.property(anyLayers, fc.nat(5), (layers, at) => {
        expect(values(merged(...layers.toSpliced(at, 0, {})))).toEqual(values(merged(...layers)));
      }),
    );
  });

  it('are unchanged when a layer is said twice in a row, but for the rules, which the rendering makes unique', () => {
    fc.assert(
      fc.property(anyLayers, (layers) => {
        const { ufw: _, ...last } = layers.at(-1) ?? {};
        expect(values(merged(...layers, last))).toEqual(values(merged(...layers, last, last)));
      }),
    );
  });

  it('do not hold what the last layer that speaks of it takes out', () => {
    fc.assert(
      fc.property(anyLayers, names, (layers, name) => {
        const { files, sysctls } = merged(...layers, { files: { [name]: null }, sysctls: { [name]: null } });
        expect([files.has(name), sysctls.has(name)]).toEqual([false, false]);
      }),
    );
  });

  it('begin anew after an entry was taken out: nothing of before shines through', () => {
    fc.assert(
      fc.property(anyLayers, names, fileEntry, (layers, name, entry) => {
        const { files } = merged(...layers, { files: { [name]: null } }, { files: { [name]: entry } });
        expect(files.get(name)?.value).toEqual(entry);
      }),
    );
  });

  it('give every field that the last layer gives', () => {
    fc.assert(
      fc.property(anyLayers, names, fileEntry, (layers, name, entry) => {
        expect(merged(...layers, { files: { [name]: entry } }).files.get(name)?.value).toMatchObject(entry);
      }),
    );
  });

  it('leave alone what a layer does not name', () => {
    fc.assert(
      fc.property(anyLayers, fileEntry, (layers, entry) => {
        const before = merged(...layers).files;
        const after = merged(...layers, { files: { other: entry } }).files;
        expect([...before].map(([name, { value }]) => [name, value])).toEqual(
          [...after].filter(([name]) => name !== 'other').map(([name, { value }]) => [name, value]),
        );
      }),
    );
  });

  it('never leave an entry with two origins of its bytes', () => {
    fc.assert(
      fc.property(anyLayers, (layers) => {
        for (const { value } of merged(...layers).files.values())
          expect(
            [value.template, value.content, value.source, value.absent].filter((given) => given !== undefined)
              .length,
          ).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('know of every field where it was written', () => {
    fc.assert(
      fc.property(anyLayers, (layers) => {
        for (const { value, fields } of merged(...layers).files.values())
          expect(Object.keys(fields)).toEqual(expect.arrayContaining(Object.keys(value)));
      }),
    );
  });

  it('add up the rules of the firewall in order', () => {
    fc.assert(
      fc.property(anyLayers, (layers) => {
        expect(merged(...layers).ufw.rules?.texts.map(({ text }) => text) ?? []).toEqual(
          layers.flatMap(({ ufw }) => ufw?.rules ?? []),
        );
      }),
    );
  });
});

describe('a file that a later layer', () => {
  const lower: Layer = { files: { '/etc/x': { template: 'x.eta', mode: '0600', owner: 'haproxy' } } };
  const over = (entry: NonNullable<Layer['files']>[string]) =>
    merged(lower, { files: { '/etc/x': entry } }).files.get('/etc/x')?.value;

  it('gives another mode keeps its template', () => {
    expect(over({ mode: '0640' })).toEqual({ template: 'x.eta', mode: '0640', owner: 'haproxy' });
  });
  it('gives another content keeps mode and owner', () => {
    expect(over({ content: 'x' })).toEqual({ content: 'x', mode: '0600', owner: 'haproxy' });
  });
  it('wants absent keeps nothing', () => {
    expect(over({ absent: true })).toEqual({ absent: true });
  });
});
