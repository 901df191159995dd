import { expect, test } from 'vitest';
import { podName } from '../../../agent/lints/repository/pod-name.ts';

test.each<[string, string, string | null]>([
  ['a label called name is not it', 'metadata:\n  labels:\n    name: x\n  name: "api" # ours\n', 'api'],
  ['no metadata, no name', 'spec: {}\n', null],
  [
    'an indentation that nobody writes is no name, and no error',
    `metadata:\n${' '.repeat(50_000)}name: x\n`,
    null,
  ],
  ['JSON', '{"metadata":{"labels":{"name":"x"},"name":"api"}}', 'api'],
  ['JSON with tabs', '{\n\t"metadata": {\n\t\t"name": "api"\n\t}\n}\n', 'api'],
  ['braces in YAML', 'metadata: { labels: { name: x }, name: api }\nspec: {}\n', 'api'],
  [
    'the first of several documents counts',
    '---\nmetadata:\n  name: api\n---\nmetadata:\n  name: x\n',
    'api',
  ],
  ['the last of two keys counts', 'metadata:\n  name: x\n  name: api\n', 'api'],
  ['an alias', 'annotations: &m { name: api }\nmetadata: *m\n', 'api'],
  ['what is merged in', 'annotations: &m { name: api }\nmetadata: { <<: *m }\n', 'api'],
  ['a text over several lines', 'metadata:\n  name: >-\n    api\n', 'api'],
  ['a number names no pod', 'metadata: { name: 12 }\n', null],
  ['a broken file', 'metadata: *nobody\n', null],
  ['brackets made to be expensive', `metadata: ${'['.repeat(50_000)}`, null],
  ['a file made to be expensive', `metadata: { name: api }\nx: ${'y'.repeat(200_000)}\n`, null],
])('%s', (_what, text, name) => {
  expect(podName(text)).toBe(name);
});
