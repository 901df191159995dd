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
])('%s', (_what, text, name) => {
  expect(podName(text)).toBe(name);
});
