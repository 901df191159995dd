import { defineConfig } from 'vitest/config';

const root = new URL('..', import.meta.url).pathname;

export default defineConfig({
  root,
  test: {
    projects: [
      { root, test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000 } },
      { root, test: { name: 'laws', include: ['test/laws/**/*.test.ts'], testTimeout: 120_000 } },
      {
        root,
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          // One lab, one host at a time: files run one after the other, in the order of their names.
          fileParallelism: false,
          sequence: { shuffle: false },
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
