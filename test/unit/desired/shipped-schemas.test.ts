import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { editorSchemas } from '../../../agent/desired/json-schema.ts';

it.each(Object.entries(editorSchemas()))(
  'the template ships %s as it is today (npm run schemas)',
  (name, schema) => {
    const shipped = new URL(`../../../desired-state/.holdfast/${name}`, import.meta.url);
    expect(JSON.parse(readFileSync(shipped, 'utf8'))).toEqual(schema);
  },
);
