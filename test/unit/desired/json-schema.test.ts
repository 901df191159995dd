import { describe, expect, it } from 'vitest';
import { editorSchemas } from '../../../agent/desired/json-schema.ts';

type Schema = {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
};

/** Every key that a person can write, by its path, with what the editor shows for it. */
function* keys(
  schema: Schema,
  path: string,
): Generator<readonly [path: string, description: string | undefined]> {
  for (const [key, value] of Object.entries(schema.properties ?? {})) {
    yield [`${path}.${key}`, value.description];
    yield* keys(value, `${path}.${key}`);
  }
  if (typeof schema.additionalProperties === 'object') yield* keys(schema.additionalProperties, `${path}.*`);
  for (const one of [...(schema.anyOf ?? []), ...(schema.items ? [schema.items] : [])])
    yield* keys(one, path);
}

describe.each(Object.entries(editorSchemas()))('%s', (_, schema) => {
  it('is a schema that editors read', () => {
    expect(schema).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      type: 'object',
      additionalProperties: false,
    });
  });

  it('describes every key', () => {
    const all = [...keys(schema, '')];
    expect(all.length).toBeGreaterThan(1);
    expect(all.filter(([, description]) => !description).map(([path]) => path)).toEqual([]);
  });
});

it('knows what a key may hold', () => {
  const cluster = editorSchemas()['cluster.schema.json'] as Schema;
  expect(cluster.properties?.['vrrp']?.properties?.['transport']).toMatchObject({
    enum: ['multicast', 'unicast'],
    default: 'multicast',
  });
  expect(cluster.properties?.['vrrp']?.properties?.['routerId']).toMatchObject({ minimum: 1, maximum: 255 });
});
