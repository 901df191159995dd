import { describe, expect, test } from 'vitest';
import {
  asCandidate,
  blobRefsIn,
  GenerationDamaged,
  pruneGenerations,
  readGeneration,
  writeGeneration,
  type Generation,
} from '../../../agent/transaction/generations.ts';
import { recover } from '../../../agent/transaction/recover.ts';
import { NEW_LEDGER, writeLedger } from '../../../agent/transaction/ledger.ts';
import { candidate, commitOf, file } from '../../support/desired.ts';
import { FakeCycle } from '../../support/fake-cycle.ts';
import { FakeHost } from '../../support/fake-host.ts';
import { FakeStateDirectory } from '../../support/fake-state-directory.ts';

const host = new FakeHost();
const wanted = candidate(host, 1, [file(host, '/etc/a', 'x')]);
const generation = (n: number): Generation => {
  const { blobs: _, from: __, ...rest } = wanted;
  return { version: 1, generation: n, commit: commitOf(1), atMs: 5, renderedFor: 'here', candidate: rest };
};
const numbers = async (state: FakeStateDirectory): Promise<readonly number[]> =>
  (await state.list('generations')).map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b);
const upTo = (n: number): number[] => Array.from({ length: n }, (_, at) => at + 1);

test('one is read back as the candidate that it was, without its bytes', async () => {
  const state = new FakeStateDirectory();
  await writeGeneration(state, generation(4));
  const read = await readGeneration(state, 4);
  expect(asCandidate(read!)).toEqual({
    ...wanted,
    blobs: new Map(),
    from: { generation: 4, commit: commitOf(1).sha },
  });
  expect(state.text('generations/4.json')).not.toContain('"x"');
});

describe('old ones go', () => {
  test.each([
    [3, 3, upTo(3)],
    [12, 12, [3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
    // One that never came into force.
    [12, 11, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
  ])('%i written, number %i in force', async (written, current, left) => {
    const state = new FakeStateDirectory();
    for (const n of upTo(written)) await writeGeneration(state, generation(n));
    const kept = await pruneGenerations(state, current);
    expect(await numbers(state)).toEqual(left);
    expect(kept.toSorted((a, b) => a - b)).toEqual(left);
  });
});

describe('one that cannot be used', () => {
  test.each(['{"version":', '{"version":2}', 'null'])('is damaged, and says so: %s', async (text) => {
    const state = new FakeStateDirectory();
    state.files.set('generations/7.json', new TextEncoder().encode(text));
    await expect(readGeneration(state, 7)).rejects.toBeInstanceOf(GenerationDamaged);
  });

  test('or is missing although it is in force, does not keep the host from the repository', async () => {
    const state = new FakeStateDirectory();
    await writeLedger(state, { ...NEW_LEDGER, generation: 7 });
    const cycle = new FakeCycle(new FakeHost());
    const { stands } = await recover({ ...cycle.tools(), state }, true);
    expect(stands).toEqual({
      ledger: { ...NEW_LEDGER, generation: 7 },
      committed: null,
      lost: 'The desired state in force cannot be read (generation 7 is missing). It is rendered again from the repository; until then drift is not put right.',
    });
  });
});

test('digests are found however deep, and nothing else is taken for one', () => {
  const one = { sha256: 'a'.repeat(64), size: 3 };
  expect(blobRefsIn({ a: [{ b: one }, null, 'text', 4], sha256: 'no', size: one })).toEqual([one, one]);
});
