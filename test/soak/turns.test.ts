import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import { allAt } from '../support/cluster.ts';
import { HOSTS, lab } from '../support/lab.ts';
import { pushed, readyToTryOut } from '../support/try-out.ts';
import { allAtOnce, FOUND_BY_THE_FIRST, takingTurns, triedByOne, TURNS_MS } from '../support/turns.ts';

beforeAll(async () => {
  await readyToTryOut();
  await takingTurns();
});
afterAll(allAtOnce);
afterEach(async () => {
  lab.git('revert', '--no-edit', 'HEAD');
  await allAt(pushed({}, ''), HOSTS, TURNS_MS);
});

describe('a commit that is bad on all hosts is tried by one of them, and no client notices', () => {
  it.each(FOUND_BY_THE_FIRST.map((bad) => [bad.name, bad] as const))('%s', (_name, bad) => triedByOne(bad));
});
