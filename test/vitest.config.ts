import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** In the order of their names: the lab's hosts go through the files one after the other. */
class ByName extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => (a.moduleId < b.moduleId ? -1 : 1));
  }
}

const root = new URL('..', import.meta.url).pathname;

export default defineConfig({
  root,
  test: {
    sequence: { sequencer: ByName },
    // Many tests wait for programs, so no processor is left to itself.
    maxWorkers: '100%',
    projects: [
      {
        root,
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000, hookTimeout: 60_000 },
      },
      { root, test: { name: 'laws', include: ['test/laws/**/*.test.ts'], testTimeout: 120_000 } },
      {
        root,
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          setupFiles: ['test/support/tell-on-failure.ts'],
          // One lab, one host at a time: files run one after the other, in the order of their names.
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 600_000,
        },
      },
      {
        root,
        // An emulated node takes seconds to start, and makes its root at first.
        test: {
          name: 'arm64',
          include: ['test/arm64/**/*.test.ts'],
          testTimeout: 900_000,
          hookTimeout: 900_000,
        },
      },
      {
        root,
        test: {
          name: 'soak',
          include: ['test/soak/**/*.test.ts'],
          setupFiles: ['test/support/tell-on-failure.ts'],
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
